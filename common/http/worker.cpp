#include "common/http/worker.h"

#include <unistd.h>

#include <algorithm>

#include "common/http/connection.h"
#include "common/log.h"
#include "common/text.h"

namespace common::http {
namespace {

constexpr std::size_t read_buffer_size = 64 * 1024;

}  // namespace

Worker::Worker(asio::io_context& io, Service& service, const ConnectionLimits& limits, const TlsContext* tls)
    : io_(io),
      poller_(io),
      service_(service),
      limits_(limits),
      tls_(tls),
      sweep_timer_(io),
      read_buffer_(read_buffer_size),
      now_(std::chrono::steady_clock::now()) {
  poller_.set_hooks({.before = [this] { refresh_now(); }, .after = [this] { closed_.clear(); }});
  arm_sweep();
}

Worker::~Worker() = default;

void Worker::adopt(int fd, std::string peer_address) {
  refresh_now();
  std::shared_ptr<Connection> connection;
  try {
    connection = std::make_shared<Connection>(*this, fd, std::move(peer_address), tls_);
  } catch (const std::exception& e) {
    log::error("connection refused", {{"reason", e.what()}});
    ::close(fd);
    return release_place();
  }
  connection->index = connections_.size();
  connections_.push_back(connection);
  try {
    connection->start();
  } catch (const std::exception& e) {
    log::error("connection refused", {{"reason", e.what()}});
    connection->close();
  }
}

// Swap with the last: the order of connections means nothing.
void Worker::forget(Connection& connection) {
  const std::size_t index = connection.index;
  if (connection.at_work()) orphans_.push_back(connections_[index]);
  closed_.push_back(std::move(connections_[index]));
  if (index + 1 < connections_.size()) {
    connections_[index] = std::move(connections_.back());
    connections_[index]->index = index;
  }
  connections_.pop_back();
  release_place();
}

std::string_view Worker::date() {
  if (now_ >= date_valid_until_) {
    const auto wall = std::chrono::system_clock::now();
    const auto second = std::chrono::floor<std::chrono::seconds>(wall);
    date_ = format_http_date(second);
    date_valid_until_ = now_ + (second + std::chrono::seconds{1} - wall);
  }
  return date_;
}

void Worker::arm_sweep() {
  const auto shortest = std::min({limits_.header_timeout, limits_.idle_timeout});
  sweep_timer_.expires_after(std::clamp<std::chrono::nanoseconds>(shortest / 8, std::chrono::milliseconds{20},
                                                                  std::chrono::milliseconds{500}));
  sweep_timer_.async_wait([this](boost::system::error_code stopped) {
    if (stopped) return;
    sweep();
    arm_sweep();
  });
}

void Worker::sweep() {
  refresh_now();
  closed_.clear();
  std::erase_if(orphans_, [](const auto& orphan) { return orphan.expired(); });
  for (std::size_t i = connections_.size(); i-- > 0;) {  // backwards: a connection that closes leaves the list
    if (i < connections_.size()) connections_[i]->check_deadline(now_, draining_, quiet_);
  }
  closed_.clear();
}

void Worker::start_draining(std::chrono::nanoseconds quiet) {
  draining_ = true;
  quiet_ = quiet;
}

void Worker::close_all() {
  while (!connections_.empty()) {
    const auto connection = connections_.back();
    connection->close();
  }
  for (const auto& orphan : orphans_) {
    if (const auto connection = orphan.lock()) connection->cancel();
  }
  closed_.clear();
}

void Worker::stop() {
  sweep_timer_.cancel();
  poller_.stop();
}

}  // namespace common::http
