#include "tests/support/faulty_proxy.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <future>

namespace testing {

namespace asio = boost::asio;
using common::Task;
using common::use_task;
using error_code = boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds between_looks{2};

}  // namespace

FaultyProxy::FaultyProxy(std::uint16_t server_port)
    : acceptor_(io_.get_executor(), {asio::ip::address_v4::loopback(), 0}),
      server_port_(server_port),
      port_(acceptor_.local_endpoint().port()) {
  common::spawn(io_.get_executor(), "faulty proxy", accept_connections());
  thread_ = std::thread([this] { io_.run(); });
}

FaultyProxy::~FaultyProxy() {
  asio::post(io_, [this] {
    acceptor_.close();
    reset_all();
  });
  thread_.join();
}

void FaultyProxy::thaw() {
  for (Way& way : ways_)
    way.frozen = false;
}

void FaultyProxy::cut() {
  std::promise<void> done;
  asio::post(io_, [&] {
    reset_all();
    done.set_value();
  });
  done.get_future().wait();
}

void FaultyProxy::reset_all() {
  for (const auto& link : std::exchange(links_, {}))
    reset(*link);
}

void FaultyProxy::reset(Link& link) {
  for (Socket* socket : {&link.client, &link.server}) {
    error_code ignored;  // it may be gone already
    socket->set_option(asio::socket_base::linger(true, 0), ignored);
    socket->close(ignored);
  }
}

Task<> FaultyProxy::accept_connections() {
  for (;;) {
    const auto link = std::make_shared<Link>(Link{Socket(io_.get_executor()), Socket(io_.get_executor())});
    error_code error;
    co_await acceptor_.async_accept(link->client, asio::redirect_error(use_task, error));
    if (error) co_return;  // closed
    ++connections_;
    const Tcp::endpoint server(asio::ip::address_v4::loopback(), server_port_);
    if (!refusing_) co_await link->server.async_connect(server, asio::redirect_error(use_task, error));
    if (refusing_ || error) {
      reset(*link);
      continue;
    }
    links_.insert(link);
    common::spawn(io_.get_executor(), "to the server", forward(link, to_server));
    common::spawn(io_.get_executor(), "to the client", forward(link, to_client));
  }
}

Task<> FaultyProxy::wait_while_frozen(const Link& link, const Way& way) {
  while (way.frozen && link.client.is_open())
    co_await common::sleep_for(between_looks);  // between two looks at the flag
}

Task<> FaultyProxy::forward(std::shared_ptr<Link> link, Direction direction) {
  Socket& from = direction == to_server ? link->client : link->server;
  Socket& to = direction == to_server ? link->server : link->client;
  Way& way = ways_[direction];
  std::array<char, 64 * 1024> buffer;
  for (error_code error; !error;) {
    std::size_t size = co_await from.async_read_some(asio::buffer(buffer), asio::redirect_error(use_task, error));
    if (error) break;
    way.bytes += size;
    ++way.reads;
    co_await wait_while_frozen(*link, way);
    const std::int64_t left = way.bytes_left;
    const bool last = left >= 0 && static_cast<std::int64_t>(size) >= left;
    if (last) size = static_cast<std::size_t>(left);
    if (left >= 0) way.bytes_left = left - static_cast<std::int64_t>(size);
    co_await asio::async_write(to, asio::buffer(buffer, size), asio::redirect_error(use_task, error));
    if (!last) continue;
    way.bytes_left = -1;
    break;
  }
  reset(*link);
  links_.erase(link);
}

}  // namespace testing
