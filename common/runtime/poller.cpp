#include "common/runtime/poller.h"

#include <cerrno>
#include <system_error>

namespace common {
namespace {

int create_set() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

void control(int set, int operation, int fd, std::uint32_t events, Pollable* pollable) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = pollable;
  if (::epoll_ctl(set, operation, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

}  // namespace

Poller::Poller(asio::io_context& io) : set_(io, create_set()) {
  arm();
}

void Poller::add(int fd, std::uint32_t events, Pollable* pollable) {
  control(set_.native_handle(), EPOLL_CTL_ADD, fd, events, pollable);
}

void Poller::modify(int fd, std::uint32_t events, Pollable* pollable) {
  control(set_.native_handle(), EPOLL_CTL_MOD, fd, events, pollable);
}

void Poller::remove(int fd, Pollable* pollable) noexcept {
  if (set_.is_open()) ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, fd, nullptr);
  for (int i = ready_next_; i < ready_count_; ++i) {
    epoll_event& waiting = ready_[static_cast<std::size_t>(i)];
    if (waiting.data.ptr == pollable) waiting.data.ptr = nullptr;
  }
}

void Poller::stop() {
  boost::system::error_code ignored;  // closing an epoll descriptor cannot fail in a way that matters
  set_.close(ignored);
}

void Poller::arm() {
  set_.async_wait(asio::posix::descriptor_base::wait_read, [this](boost::system::error_code error) {
    if (error) return;  // stopped
    for (int handed_out = 0; handed_out < per_wake_max && set_.is_open();) {
      const int count = hand_out_batch();
      if (count <= lonely) break;
      handed_out += count;
    }
    if (set_.is_open()) arm();
  });
}

int Poller::hand_out_batch() {
  const int count = ::epoll_wait(set_.native_handle(), ready_.data(), batch_max, 0);
  if (count <= 0) return 0;
  hooks_.before();
  ready_count_ = count;
  for (ready_next_ = 0; ready_next_ < ready_count_;) {
    const epoll_event& event = ready_[static_cast<std::size_t>(ready_next_++)];
    if (event.data.ptr) static_cast<Pollable*>(event.data.ptr)->on_ready(event.events);
  }
  ready_count_ = 0;
  hooks_.after();
  return count;
}

}  // namespace common
