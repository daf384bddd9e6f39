#include "bench/load/worker.h"

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

namespace bench::load {
namespace {

using common::Duration;
using common::Instant;
using std::chrono::milliseconds;

constexpr std::size_t events_at_once = 256;

Instant now_monotonic() {
  return std::chrono::steady_clock::now();
}

std::uint64_t nanoseconds(Duration duration) {
  return duration.count() < 0 ? 0 : static_cast<std::uint64_t>(duration.count());
}

Duration thread_cpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Worker::Worker(Options options)
    : options_(std::move(options)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      connections_(options_.connections),
      buffer_(65'536, '\0') {}

Worker::~Worker() {
  close(epoll_);
}

void Worker::watch(Connection& connection, int operation) {
  epoll_event event{};
  event.events = connection.wants_to_write() ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.ptr = &connection;
  epoll_ctl(epoll_, operation, connection.fd(), &event);
}

bool Worker::reopen(Connection& connection) {
  if (!connection.open(options_.address)) return false;
  watch(connection, EPOLL_CTL_ADD);
  return true;
}

std::size_t Worker::open_connections() const {
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(), [](const auto& c) { return c.is_open(); }));
}

void Worker::connect(Duration patience) {
  const Instant deadline = now_monotonic() + patience;
  for (auto& connection : connections_) {
    if (!connection.is_open() && !reopen(connection)) throw std::runtime_error(connection.problem());
  }
  const auto connecting = [](const Connection& c) { return c.connecting(); };
  while (std::any_of(connections_.begin(), connections_.end(), connecting)) {
    if (now_monotonic() >= deadline) throw std::runtime_error("cannot connect: timed out");
    std::array<epoll_event, events_at_once> events{};
    const int count = epoll_wait(epoll_, events.data(), events_at_once, 100);
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!connection.connecting()) continue;
      if (connection.finish_connecting() == Progress::broken) throw std::runtime_error(connection.problem());
      watch(connection, EPOLL_CTL_MOD);
    }
  }
}

LoadReport Worker::run(Pacer pacer, Duration patience) {
  const Instant started = now_monotonic();
  const Duration cpu_before = thread_cpu();
  const Instant give_up = pacer.end() + patience;
  pacer_ = pacer;
  report_ = {};
  failures_in_a_row_ = 0;
  idle_.clear();
  for (auto& connection : connections_) {
    if (connection.ready()) idle_.push_back(&connection);
  }
  for (;;) {
    const Instant now = now_monotonic();
    send_due(now);
    if (pacer_.finished(now) && busy_ == 0) break;
    if (now >= give_up || open_connections() == 0) {
      abandon(now);
      break;
    }
    wait(now, give_up);
  }
  report_.elapsed = now_monotonic() - started;
  report_.client_cpu = thread_cpu() - cpu_before;
  return std::move(report_);
}

void Worker::send_due(Instant now) {
  while (!idle_.empty() && pacer_.due(now)) {
    Connection& connection = *idle_.front();
    idle_.pop_front();
    if (connection.ready()) start(connection, now);
  }
}

void Worker::start(Connection& connection, Instant now) {
  const Instant due = pacer_.take(now);
  if (pacer_.open()) report_.wait.record(nanoseconds(now - due));
  const std::uint64_t number = options_.first_number + sent_++ * options_.number_step;
  ++busy_;
  const Progress progress = connection.send(options_.request.bytes(number), due, options_.request.is_head());
  if (progress == Progress::broken) {
    after(connection, progress, now);
  } else if (connection.wants_to_write()) {
    watch(connection, EPOLL_CTL_MOD);
  }
}

// Waits for the sockets, though not past the next due request if a connection is free for it, and
// handles what came.
void Worker::wait(Instant now, Instant give_up) {
  const bool may_send = !idle_.empty() && !pacer_.finished(now);
  const Duration until = (may_send ? std::min(pacer_.next(), give_up) : give_up) - now;
  const auto whole = std::chrono::floor<milliseconds>(until);  // the rest is spun
  std::array<epoll_event, events_at_once> events;
  const int count =
      epoll_wait(epoll_, events.data(), events_at_once, static_cast<int>(std::max<std::int64_t>(whole.count(), 0)));
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    handle(*static_cast<Connection*>(event.data.ptr), event.events);
  }
}

void Worker::handle(Connection& connection, std::uint32_t events) {
  if (!connection.is_open()) return;  // closed by an earlier event of the same batch
  if (connection.connecting()) {
    const Progress progress = connection.finish_connecting();
    if (progress == Progress::waiting) {
      watch(connection, EPOLL_CTL_MOD);
      idle_.push_back(&connection);
    }
    if (progress == Progress::broken) after(connection, progress, now_monotonic());
    return;
  }
  if ((events & EPOLLOUT) != 0) {
    if (connection.send_rest() == Progress::broken) {
      return after(connection, Progress::broken, now_monotonic());
    }
    if (!connection.wants_to_write()) watch(connection, EPOLL_CTL_MOD);
  }
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
    const Progress progress = connection.receive(buffer_);
    if (progress != Progress::waiting) after(connection, progress, now_monotonic());
  }
}

// An exchange ended, well or badly: count it, and put the connection to use again.
void Worker::after(Connection& connection, Progress progress, Instant now) {
  if (progress == Progress::answered) {
    --busy_;
    failures_in_a_row_ = 0;
    count_answer(connection, now);
    if (!connection.closed_by_server()) {
      if (pacer_.due(now)) return start(connection, now);
      idle_.push_back(&connection);
      return;
    }
    connection.close();
  } else {
    count_break(connection);
  }
  ++report_.reconnects;
  if (failures_in_a_row_ < 2 * connections_.size() + 10) reopen(connection);
}

void Worker::count_break(const Connection& connection) {
  ++report_.problems[connection.problem()];
  ++failures_in_a_row_;
  if (!connection.lost_request()) return;
  --busy_;
  ++report_.failed;
}

void Worker::count_answer(const Connection& connection, Instant now) {
  ++report_.answered;
  ++report_.by_status[connection.status()];
  report_.bytes_received += connection.received();
  const bool expected =
      options_.expected_status == 0 ? connection.status() < 400 : connection.status() == options_.expected_status;
  if (!expected) ++report_.mismatched;
  report_.latency.record(nanoseconds(now - connection.due()));
}

// Patience is over: what is still due or under way counts as unanswered, at its present age.
void Worker::abandon(Instant now) {
  for (auto& connection : connections_) {
    if (!connection.busy()) continue;
    ++report_.unanswered;
    if (pacer_.open()) report_.latency.record(nanoseconds(now - connection.due()));
    connection.close();
  }
  busy_ = 0;
  while (pacer_.open() && pacer_.due(now)) {
    ++report_.unanswered;
    report_.latency.record(nanoseconds(now - pacer_.take(now)));
  }
}

}  // namespace bench::load
