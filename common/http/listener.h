// The listening socket: accepts, and deals each connection to the worker that has fewest.
//
// One listening socket, not one a thread (SO_REUSEPORT): a second process would bind the same port without an error,
// and closing one of several sockets resets the connections that were queued on it.
//
// Belongs to the thread of `home`.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/runtime/poller.h"

namespace common::http {

class Listener final : public Pollable {
 public:
  // Called with each accepted, non-blocking socket.
  using Accepted = std::function<void(int fd, std::string peer_address)>;

  // Binds and listens. `host` is an address or "localhost"; port 0 takes a free one.
  // Throws std::runtime_error saying what is wrong, such as "127.0.0.1:8081 is in use".
  Listener(const std::string& host, std::uint16_t port);
  ~Listener() override;

  std::uint16_t port() const noexcept { return port_; }
  const std::string& host() const noexcept { return host_; }  // bracketed if IPv6: fit for a URL

  void start(Poller& home, Accepted accepted);
  void on_ready(std::uint32_t events) override;
  // Accepts again after the process had run out of descriptors.
  void retry();
  // Ends without resetting anybody, in two steps. refuse_new() lets no new handshake begin; whoever had begun one
  // gets time to end it and is accepted. stop(), a little later, empties the queue and closes: whoever connects
  // from then on is refused.
  void refuse_new();
  void stop();

 private:
  bool accept_batch();  // false when nothing more is to be had now

  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::string host_;
  Poller* home_ = nullptr;
  Accepted accepted_;
  bool paused_ = false;
};

}  // namespace common::http
