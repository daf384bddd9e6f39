#include "common/postgres/exclusive.h"

#include <algorithm>

namespace common::postgres {

using State = Connection::State;

Task<SqlResult<Connection*>> Exclusive::acquire(Instant deadline, Connection::Owner& owner) {
  if (waiting_.empty()) {
    if (Connection* const free = take_free()) co_return free;
  }
  if (const Connection* const failed = away()) co_return SqlError{{Failure::unavailable, failed->trouble()}};
  if (waiting_.size() >= waiting_max_) co_return SqlError{{Failure::overloaded, "too many transactions are waiting"}};
  open_one_more();
  Waiter waiter{deadline};
  co_await park(executor_, [&](Parked self) {
    waiter.parked.emplace(std::move(self));
    waiting_.push_back(&waiter);
    owner.watch(deadline);
  });
  co_return waiter.outcome;
}

void Exclusive::release(Connection& connection, bool clean) {
  const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                 [&](const Slot& each) { return each.connection.get() == &connection; });
  slot->held = false;
  if (!clean) connection.reset();
}

Connection* Exclusive::take_free() noexcept {
  const auto free = std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) {
    return !slot.held && slot.connection->state() == State::ready;
  });
  if (free == slots_.end()) return nullptr;
  free->held = true;
  return free->connection.get();
}

const Connection* Exclusive::away() const noexcept {
  const Connection* failed = nullptr;
  for (const Slot& slot : slots_) {
    const State state = slot.connection->state();
    if (state == State::ready || state == State::connecting) return nullptr;
    if (state == State::away) failed = slot.connection.get();
  }
  return failed;
}

void Exclusive::open_one_more() {
  const auto unopened = std::find_if(slots_.begin(), slots_.end(),
                                     [](const Slot& slot) { return slot.connection->state() == State::closed; });
  if (unopened != slots_.end()) unopened->connection->open();
}

void Exclusive::wake(Waiter& waiter, SqlResult<Connection*> outcome, std::vector<Parked>& woken) {
  waiter.outcome = std::move(outcome);
  woken.push_back(*std::exchange(waiter.parked, std::nullopt));
}

void Exclusive::grant(std::vector<Parked>& woken) {
  while (!waiting_.empty()) {
    Connection* const free = take_free();
    if (free == nullptr) break;
    wake(*waiting_.front(), free, woken);
    waiting_.pop_front();
  }
  const Connection* const failed = away();
  if (failed == nullptr) return;
  for (Waiter* waiter : std::exchange(waiting_, {}))
    wake(*waiter, SqlError{{Failure::unavailable, failed->trouble()}}, woken);
}

void Exclusive::flush() {
  for (const Slot& slot : slots_)
    slot.connection->flush();
}

Instant Exclusive::expire(Instant now, std::vector<Parked>& woken) {
  Instant next = Instant::max();
  std::erase_if(waiting_, [&](Waiter* waiter) {
    const bool late = waiter->deadline <= now;
    if (late) wake(*waiter, SqlError{{Failure::timed_out, "no connection was free by the deadline"}}, woken);
    if (!late) next = std::min(next, waiter->deadline);
    return late;
  });
  for (const Slot& slot : slots_)
    next = std::min(next, slot.connection->expire(now));
  return next;
}

void Exclusive::close() {
  for (const Slot& slot : slots_)
    slot.connection->close();
}

void Exclusive::abandon(std::vector<Parked>& waiting) {
  for (Waiter* waiter : waiting_)
    waiting.push_back(*std::exchange(waiter->parked, std::nullopt));
  for (const Slot& slot : slots_)
    slot.connection->abandon(waiting);
}

}  // namespace common::postgres
