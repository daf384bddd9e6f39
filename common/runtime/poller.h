// Which of many sockets are ready: a level-triggered epoll set of our own inside Asio's loop.
//
// Asio stays the owner of the thread: timers, signals, resolvers, coroutines, other descriptors. Connections go
// around it, because one epoll_wait here hands over a whole batch of ready sockets, each read once and written
// once, which is what the kernel allows at best (measured: docs/decisions/0004). The set itself is a descriptor
// that Asio watches.
//
// Belongs to the thread of its io_context. A Pollable may be removed at any time, also from within on_ready():
// its events that are still in the current batch are dropped.

#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <functional>

#include "common/runtime/task.h"

namespace common {

class Pollable {
 public:
  virtual ~Pollable() = default;
  // `events` as epoll reports them: EPOLLIN, EPOLLOUT, EPOLLHUP, …
  virtual void on_ready(std::uint32_t events) = 0;
};

class Poller {
 public:
  // Called before each batch is handed out (`before`) and after it (`after`).
  struct Hooks {
    std::function<void()> before = [] {};
    std::function<void()> after = [] {};
  };

  explicit Poller(asio::io_context& io);

  void set_hooks(Hooks hooks) { hooks_ = std::move(hooks); }
  void add(int fd, std::uint32_t events, Pollable* pollable);     // throws std::system_error
  void modify(int fd, std::uint32_t events, Pollable* pollable);  // likewise
  void remove(int fd, Pollable* pollable) noexcept;
  // Stops watching; needed before the io_context can run out of work.
  void stop();

 private:
  static constexpr int batch_max = 256;
  static constexpr int per_wake_max = 512;  // then Asio's own handlers get their turn
  static constexpr int lonely = 1;          // after so few it is not worth a system call to look again at once

  void arm();
  int hand_out_batch();

  asio::posix::basic_stream_descriptor<Executor> set_;
  Hooks hooks_;
  std::array<epoll_event, batch_max> ready_;
  int ready_count_ = 0;
  int ready_next_ = 0;
};

}  // namespace common
