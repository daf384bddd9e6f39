#include "common/postgres/lane.h"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace common::postgres {
namespace {

Connection::Limits limits_of(const Options& options) {
  return {options.owed_max, options.connect_limit, options.silence_limit, options.backoff, options.session_begin};
}

}  // namespace

Lane::Lane(Executor executor, const Options& options, const Target& target, std::size_t connections,
           std::size_t transactions)
    : executor_(executor), options_(options), exclusive_(executor, options.transaction_queue_max), timer_(executor) {
  for (std::size_t i = 0; i < connections; ++i)
    connections_.push_back(std::make_unique<Connection>(executor, target, *this, limits_of(options)));
  for (std::size_t i = 0; i < transactions; ++i)
    exclusive_.add(std::make_unique<Connection>(executor, target, *this, limits_of(options)));
}

// After stop() nobody waits any more. Without it, because the threads have ended: then those who wait are destroyed.
Lane::~Lane() {
  std::vector<Parked> waiting = std::move(answered_);
  for (Call* call : queue_)
    waiting.push_back(*std::exchange(call->parked, std::nullopt));
  for (const auto& connection : connections_)
    connection->abandon(waiting);
  exclusive_.abandon(waiting);
}

void Lane::open() {
  for (const auto& connection : connections_)
    connection->open();
}

Task<> Lane::stop() {
  stopping_ = true;
  co_await callers_.gone();
  for (const auto& connection : connections_)
    connection->close();
  exclusive_.close();
  co_await coroutines_.gone();
  timer_.cancel();
}

std::shared_ptr<void> Lane::keep() {
  struct Keep {
    explicit Keep(std::shared_ptr<Lane> self) : lane(std::move(self)), visit(lane->coroutines_) {}
    std::shared_ptr<Lane> lane;
    Visitors::Visit visit;
  };
  return std::make_shared<Keep>(shared_from_this());
}

// ---- calls ----

bool Lane::is_away() const noexcept {
  return std::all_of(connections_.begin(), connections_.end(),
                     [](const auto& connection) { return connection->state() == Connection::State::away; });
}

std::optional<std::string> Lane::trouble() const {
  const bool any = std::any_of(connections_.begin(), connections_.end(),
                               [](const auto& connection) { return connection->state() == Connection::State::ready; });
  if (any) return std::nullopt;
  const std::string& why = connections_.front()->trouble();
  return why.empty() ? "not connected yet" : why;
}

std::optional<SqlError> Lane::refusal() const {
  if (stopping_) return SqlError{{Failure::closed, "the database is closing"}};
  if (is_away()) return SqlError{{Failure::unavailable, connections_.front()->trouble()}};
  if (queue_.size() >= options_.queue_max) return SqlError{{Failure::overloaded, "too many statements are waiting"}};
  return std::nullopt;
}

void Lane::start(Call& call, Parked self) {
  call.repeats_left = static_cast<int>(connections_.size());
  call.parked.emplace(std::move(self));
  queue_.push_back(&call);
  watch(call.deadline);
  schedule_turn_over();
}

void Lane::start_on(Connection& connection, Call& call, Parked self) {
  call.parked.emplace(std::move(self));
  connection.take(call);
  watch(call.deadline);
  schedule_turn_over();
}

void Lane::fail(Call& call, Failure kind, const std::string& why) {
  call.answer.emplace(SqlError{{kind, why}});
  answered(call);
}

void Lane::answered(Call& call) {
  answered_.push_back(*std::exchange(call.parked, std::nullopt));
}

void Lane::not_done(Call& call) {
  if (is_bound(call)) {
    fail(call, Failure::unavailable, "the transaction's connection was lost");
  } else {
    queue_.push_front(&call);
  }
}

// ---- turns ----

void Lane::schedule_turn_over() {
  if (turning_ || std::exchange(scheduled_, true)) return;
  asio::post(executor_, [self = shared_from_this()] {
    self->scheduled_ = false;
    self->turn_over();
  });
}

void Lane::turn_over() {
  if (std::exchange(turning_, true)) return;
  fail_queue_if_away();
  exclusive_.grant(answered_);
  while (!answered_.empty()) {
    resume_answered();
    exclusive_.grant(answered_);
  }
  flush();
  turning_ = false;
}

void Lane::fail_queue_if_away() {
  if (!is_away()) return;
  for (Call* call : std::exchange(queue_, {}))
    fail(*call, Failure::unavailable, connections_.front()->trouble());
}

void Lane::resume_answered() {
  resuming_.swap(answered_);
  for (auto& parked : resuming_)
    std::move(parked).resume_here();
  resuming_.clear();
}

void Lane::flush() {
  while (!queue_.empty()) {
    Connection* const connection = with_room();
    if (connection == nullptr) break;
    connection->take(*queue_.front());
    queue_.pop_front();
  }
  for (const auto& connection : connections_)
    connection->flush();
  exclusive_.flush();
}

Connection* Lane::with_room() const noexcept {
  Connection* best = nullptr;
  for (const auto& connection : connections_) {
    if (connection->has_room() && (best == nullptr || connection->load() < best->load())) best = connection.get();
  }
  return best;
}

// ---- deadlines ----

void Lane::watch(Instant until) {
  if (until >= wakes_at_) return;
  wakes_at_ = until;
  timer_.expires_at(until);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->expire();
  });
}

void Lane::expire() {
  const Instant now = std::chrono::steady_clock::now();
  wakes_at_ = Instant::max();
  Instant next = Instant::max();
  std::erase_if(queue_, [&](Call* call) {
    const bool late = call->deadline <= now;
    if (late) fail(*call, Failure::timed_out, "not sent by the deadline");
    if (!late) next = std::min(next, call->deadline);
    return late;
  });
  for (const auto& connection : connections_)
    next = std::min(next, connection->expire(now));
  next = std::min(next, exclusive_.expire(now, answered_));
  if (next != Instant::max()) watch(next);
  turn_over();
}

}  // namespace common::postgres
