// A TCP proxy of 127.0.0.1 that does what networks do: holds bytes back, cuts connections, refuses new ones.
//
//   FaultyProxy proxy(server_port);
//   …the client connects to proxy.port()…
//   proxy.freeze(FaultyProxy::to_client);   // questions arrive, answers don't
//   proxy.cut();
//
// It forwards until told otherwise. Functions may be called from any thread; a fault holds for what is forwarded from
// then on.

#pragma once

#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <set>
#include <thread>

#include "common/runtime/task.h"

namespace testing {

class FaultyProxy {
 public:
  enum Direction : std::size_t { to_server, to_client };

  explicit FaultyProxy(std::uint16_t server_port);
  ~FaultyProxy();
  FaultyProxy(const FaultyProxy&) = delete;
  FaultyProxy& operator=(const FaultyProxy&) = delete;

  std::uint16_t port() const noexcept { return port_; }

  // Holds back what goes in this direction, until thaw().
  void freeze(Direction direction) { ways_[direction].frozen = true; }
  void thaw();
  // Resets all connections, now; returns when that is done.
  void cut();
  // Resets all connections once so many bytes more have gone in this direction.
  void cut_after(Direction direction, std::int64_t bytes) { ways_[direction].bytes_left = bytes; }
  // Whether new connections are reset at once.
  void refuse(bool refusing) { refusing_ = refusing; }

  // How many bytes came in this direction, forwarded or held back.
  std::uint64_t bytes(Direction direction) const noexcept { return ways_[direction].bytes; }
  // How many reads brought them: about as many as there were sends.
  std::uint64_t reads(Direction direction) const noexcept { return ways_[direction].reads; }
  int connections() const noexcept { return connections_; }

 private:
  using Tcp = boost::asio::ip::tcp;
  using Socket = boost::asio::basic_stream_socket<Tcp, common::Executor>;
  struct Link {
    Socket client;
    Socket server;
  };
  struct Way {
    std::atomic<bool> frozen = false;
    std::atomic<std::int64_t> bytes_left = -1;  // until all is cut; -1: not at all
    std::atomic<std::uint64_t> bytes = 0;
    std::atomic<std::uint64_t> reads = 0;
  };

  common::Task<> accept_connections();
  common::Task<> forward(std::shared_ptr<Link> link, Direction direction);
  common::Task<> wait_while_frozen(const Link& link, const Way& way);
  static void reset(Link& link);
  void reset_all();

  boost::asio::io_context io_{1};
  boost::asio::basic_socket_acceptor<Tcp, common::Executor> acceptor_;
  const std::uint16_t server_port_;
  std::uint16_t port_;
  std::array<Way, 2> ways_;
  std::atomic<bool> refusing_ = false;
  std::atomic<int> connections_ = 0;
  std::set<std::shared_ptr<Link>> links_;  // the proxy's thread's
  std::thread thread_;
};

}  // namespace testing
