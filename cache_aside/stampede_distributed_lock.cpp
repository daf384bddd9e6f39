#include "cache_aside/stampede_distributed_lock.h"

namespace cache_aside {

using common::Result;
using common::Task;

Task<Result<Loaded>> StampedeDistributedLock::load(Miss miss) {
  const auto join = miss.lookup.away ? Flights::Join::next : Flights::Join::current;
  std::string name = miss.key + '\n' + miss.lookup.ticket;
  Flights::Load load = [this, miss = std::move(miss)] { return load_or_wait(miss); };
  auto landed = co_await flights_.fly(std::move(name), join, patience_, std::move(load));
  if (landed.outcome.has_error()) co_return landed.outcome.error();
  Loaded loaded{std::move(*landed.outcome), landed.coalesced};
  co_return loaded;
}

// Without Redis nobody can be asked to wait for another process.
Task<Flights::Outcome> StampedeDistributedLock::load_or_wait(Miss miss) {
  const auto until = clock_.monotonic() + patience_;
  for (;;) {
    if (miss.lookup.away) co_return co_await miss.fetch("");
    const auto lock = co_await locks_.acquire(miss.key, lock_life);
    if (lock.has_error()) co_return co_await miss.fetch("");
    if (*lock) {
      // Somebody may have put it between our look and the lock: ask once more.
      const Lookup again = co_await cache_.get(miss.key, guard_);
      const bool there = again.entry && clock_.now() < again.entry->fresh_until;
      Flights::Outcome outcome = there ? Flights::Outcome(*again.entry) : Flights::Outcome(common::Error{});
      std::exception_ptr thrown;
      try {
        if (!there) outcome = co_await miss.fetch(**lock);
      } catch (...) {
        thrown = std::current_exception();
      }
      co_await locks_.release(miss.key, **lock);
      if (thrown) std::rethrow_exception(thrown);
      co_return outcome;
    }
    if (clock_.monotonic() >= until) co_return co_await miss.fetch("");
    co_await common::sleep_for(look_every);
    const Lookup found = co_await cache_.get(miss.key, guard_);
    if (found.entry && clock_.now() < found.entry->fresh_until) co_return *found.entry;
    // Not there: the holder is still loading, or died, or its put was refused. With another ticket the row was changed
    // meanwhile: what the holder loads is too old for it, and what is loaded here will not be kept, only answered.
    if (found.away || found.ticket != miss.lookup.ticket) co_return co_await miss.fetch("");
  }
}

}  // namespace cache_aside
