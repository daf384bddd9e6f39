#include "common/redis/connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include "common/log.h"

namespace common::redis {

using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

// An error reply begins with its kind in capitals.
Result<Reply> outcome_of(Reply reply) {
  if (!reply.is_error()) return reply;
  constexpr std::array<std::string_view, 6> passing{"LOADING ",  "BUSY ",        "MASTERDOWN ",
                                                    "TRYAGAIN ", "CLUSTERDOWN ", "READONLY "};
  const bool passes =
      std::any_of(passing.begin(), passing.end(), [&](std::string_view kind) { return reply.text.starts_with(kind); });
  if (passes) return Error{Failure::unavailable, std::move(reply.text)};
  if (reply.text.starts_with("OOM ")) return Error{Failure::overloaded, std::move(reply.text)};
  return Error{Failure::internal, std::move(reply.text)};
}

}  // namespace

Connection::Connection(Executor executor, ConnectionOptions options)
    : executor_(executor),
      options_(std::move(options)),
      link_(executor, options_.endpoint, options_.on_open != nullptr),
      alarm_(executor),
      pause_(executor),
      ended_(executor, Timer::time_point::max()) {}

Task<void> Connection::run() {
  const auto self = shared_from_this();
  running_ = true;
  for (std::uint32_t failures = 0; !stopping_;) {
    auto opened = co_await link_.open(options_.connect_timeout);
    if (stopping_) break;
    if (opened.has_error()) {
      if (!away_) log::warn("Redis cannot be reached", {{"reason", opened.error().message}});
      away_ = Error{Failure::unavailable, opened.error().message};
      fail_all(*away_);
      co_await pause(failures++);
      continue;
    }
    if (away_) log::info("Redis is back", {{"redis", options_.endpoint.name()}});
    away_.reset();
    failures = 0;
    heard_ = steady_clock::now();
    if (options_.on_open) options_.on_open(link_.identity());
    connected_ = true;
    flush();
    const Error lost = co_await read_answers();
    connected_ = false;
    link_.close();
    if (stopping_) break;
    log::warn("connection to Redis lost", {{"redis", options_.endpoint.name()}, {"reason", lost.message}});
    fail_all({Failure::unavailable, lost.message});
    co_await pause(0);
  }
  link_.close();
  fail_all({Failure::closed, "shutting down"});
  running_ = false;
  ended_.cancel();
}

Task<void> Connection::stop() {
  const auto self = shared_from_this();
  stopping_ = true;
  link_.close();
  pause_.cancel();
  alarm_.cancel();
  error_code woken;
  if (running_) co_await ended_.async_wait(asio::redirect_error(use_task, woken));
}

Task<void> Connection::pause(std::uint32_t failures) {
  pause_.expires_after(full_jitter(failures, options_.backoff, thread_random()));
  error_code woken;  // by stop()
  co_await pause_.async_wait(asio::redirect_error(use_task, woken));
}

// ---- asking ----

std::optional<Error> Connection::refusal() const {
  if (stopping_) return Error{Failure::closed, "shutting down"};
  if (away_) return away_;
  if (pending_.size() >= options_.pending_max || out_.size() - out_sent_ >= options_.unsent_max) {
    return Error{Failure::overloaded, "too many commands wait for Redis"};
  }
  return std::nullopt;
}

void Connection::ask(Waiter waiter, Arguments arguments, std::chrono::nanoseconds limit) {
  if (auto refused = refusal()) {
    return asio::post(executor_, [caller = std::move(waiter), outcome = Outcome(*std::move(refused))]() mutable {
      std::move(caller)(std::move(outcome));
    });
  }
  const Instant now = steady_clock::now();
  const std::size_t before = out_.size();
  append_command(out_, arguments);
  if (pending_.empty()) heard_ = now;
  pending_.push_back({std::move(waiter), now + limit, out_.size() - before});
  ++unsent_count_;
  set_alarm(now + limit);
  flush_soon();
}

void Connection::flush_soon() {
  if (!connected() || taking_ || flush_posted_ || waits_to_write_) return;
  flush_posted_ = true;
  asio::post(executor_, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void Connection::flush() {
  if (!connected() || waits_to_write_ || out_.size() == out_sent_) return;
  error_code ec;
  const auto unsent = asio::buffer(out_.data() + out_sent_, out_.size() - out_sent_);
  const std::size_t sent = link_.socket().write_some(unsent, ec);
  if (ec && ec != asio::error::would_block && ec != asio::error::try_again) return link_.close();
  count_sent(sent);
  if (out_.empty()) return;
  waits_to_write_ = true;
  link_.socket().async_wait(Link::Socket::wait_write, [self = shared_from_this()](const error_code& closed) {
    if (closed) return;
    self->waits_to_write_ = false;
    self->flush();
  });
}

void Connection::count_sent(std::size_t size) {
  out_sent_ += size;
  if (out_sent_ == out_.size()) {
    out_.clear();
    out_sent_ = begun_ = unsent_count_ = 0;
    return;
  }
  const std::size_t of_begun = std::min(size, begun_);
  begun_ -= of_begun;
  for (size -= of_begun; size > 0; --unsent_count_) {
    const std::size_t command = pending_[pending_.size() - unsent_count_].size;
    const std::size_t left = std::min(size, command);
    begun_ = command - left;
    size -= left;
  }
  if (out_sent_ > out_.size() / 2) {
    out_.erase(0, out_sent_);
    out_sent_ = 0;
  }
}

// ---- being answered ----

Task<Error> Connection::read_answers() {
  for (;;) {
    auto received = co_await link_.receive();
    if (received.has_error()) co_return received.error();
    heard_ = steady_clock::now();
    auto taken = take_answers();
    if (taken.has_error()) co_return taken.error();
    flush();
  }
}

// Callers go on right here, and what they ask next leaves together.
Result<void> Connection::take_answers() {
  taking_ = true;
  Result<void> outcome;
  for (;;) {
    auto reply = link_.next();
    if (reply.has_error()) {
      outcome = reply.error();
      break;
    }
    if (!*reply) break;
    if (pending_.size() == unsent_count_) {
      outcome = Error{Failure::internal, "Redis answered what nobody asked"};
      break;
    }
    auto waiter = std::move(pending_.front().waiter);
    pending_.pop_front();
    if (waiter) (*std::move(waiter))(outcome_of(std::move(**reply)));
  }
  taking_ = false;
  return outcome;
}

// What has begun to leave may have been done; of the rest, nothing has.
void Connection::fail_all(const Error& reason) {
  auto failed = std::exchange(pending_, {});
  const std::size_t sent = failed.size() - std::exchange(unsent_count_, 0);
  out_.clear();
  out_sent_ = begun_ = 0;
  waits_to_write_ = false;
  for (std::size_t i = 0; i < failed.size(); ++i) {
    if (!failed[i].waiter) continue;
    Error error = reason;
    if (i < sent) error.kind = Failure::unknown_outcome;
    (*std::move(failed[i].waiter))(Outcome(std::move(error)));
  }
}

// ---- deadlines ----

void Connection::set_alarm(Instant at) {
  if (at >= alarm_at_) return;
  alarm_at_ = at;
  alarm_.expires_at(at);
  alarm_.async_wait([weak = weak_from_this()](const error_code& replaced) {
    const auto self = weak.lock();
    if (self && !replaced) self->check_deadlines();
  });
}

void Connection::check_deadlines() {
  alarm_at_ = Instant::max();
  const Instant now = steady_clock::now();
  auto taken_back = take_back(now);
  auto given_up = give_up(now);

  Instant next = Instant::max();
  for (const auto& each : pending_) {
    if (each.waiter) next = std::min(next, each.deadline);
  }
  if (connected() && pending_.size() > unsent_count_) {
    const Instant patience_ends = heard_ + options_.silence_max;
    if (now >= patience_ends) link_.close();
    next = std::min(next, std::max(patience_ends, now + options_.silence_max));
  }
  if (!stopping_) set_alarm(next);

  for (auto& waiter : taken_back)
    std::move(waiter)(Outcome(Error{Failure::timed_out, "not sent to Redis in time"}));
  for (auto& waiter : given_up)
    std::move(waiter)(Outcome(Error{Failure::unknown_outcome, "Redis has not answered in time"}));
}

// The unsent whose time is over leave the queue, and their bytes too.
std::vector<Connection::Waiter> Connection::take_back(Instant now) {
  std::vector<Waiter> taken;
  std::deque<Pending> unsent;
  for (; unsent.size() < unsent_count_; pending_.pop_back())
    unsent.push_front(std::move(pending_.back()));
  std::string kept = out_.substr(out_sent_, begun_);
  std::size_t position = out_sent_ + begun_;
  for (auto& each : unsent) {
    const std::size_t size = each.size;
    if (each.deadline <= now) {
      taken.push_back(*std::move(each.waiter));
    } else {
      kept.append(out_, position, size);
      pending_.push_back(std::move(each));
    }
    position += size;
  }
  unsent_count_ -= taken.size();
  out_ = std::move(kept);
  out_sent_ = 0;
  return taken;
}

// The sent whose time is over keep their places, for the answers that may come.
std::vector<Connection::Waiter> Connection::give_up(Instant now) {
  std::vector<Waiter> taken;
  for (auto& each : pending_) {
    if (!each.waiter || each.deadline > now) continue;
    taken.push_back(*std::move(each.waiter));
    each.waiter.reset();
  }
  return taken;
}

}  // namespace common::redis
