// Which ids can exist at all: those up to the greatest that was given out. A flood of random ids stops here.
//
// Absence can be cached, but for each id of its own: a client that asks for random ones misses every time, and fills
// the cache with nothing. Ids rise one by one, though, so an id above the greatest is not there. Whether the greatest
// has risen is asked by one query at a time, on behalf of all who ask meanwhile:
//
//   1. An id that was given out before the question is never taken for absent: the query begins after the question.
//   2. At most one such query is under way, and one waits; however many ask.
//
// Thread-safe.

#pragma once

#include <atomic>
#include <functional>

#include "cache_aside/cache_aside.h"
#include "cache_aside/flights.h"

namespace cache_aside {

class IdHorizon {
 public:
  // `last_id()` asks the database for the greatest id.
  explicit IdHorizon(std::function<common::Task<common::Result<std::uint64_t>>()> last_id)
      : last_id_(std::move(last_id)) {}

  bool surely_below(std::uint64_t id) const noexcept { return id <= known_.load(std::memory_order_relaxed); }
  void seen(std::uint64_t id) noexcept {
    auto known = known_.load(std::memory_order_relaxed);
    while (known < id && !known_.compare_exchange_weak(known, id, std::memory_order_relaxed)) {
    }
  }

  // Whether there may be such an id.
  common::Task<common::Result<bool>> may_exist(std::uint64_t id) {
    if (surely_below(id)) co_return true;
    Flights::Load ask = [this] { return ask_once(); };
    auto landed = co_await flights_.fly("last id", Flights::Join::next, std::chrono::seconds{5}, std::move(ask));
    if (landed.outcome.has_error()) co_return landed.outcome.error();
    co_return id <= landed.outcome->version;
  }

 private:
  common::Task<Flights::Outcome> ask_once() {
    const auto last = co_await last_id_();
    if (last.has_error()) co_return as_read(last.error());
    seen(*last);
    Entry entry;
    entry.version = *last;
    co_return entry;
  }

  const std::function<common::Task<common::Result<std::uint64_t>>()> last_id_;
  std::atomic<std::uint64_t> known_{0};
  Flights flights_;
};

}  // namespace cache_aside
