// stale_while_revalidate: an expired value is served a while longer, and one load in the background replaces it.
//
// Right when: a value some seconds too old is better than a wait, and readers come often. It hurts when they do not:
// the first after a long while gets a value as old as the TTL and the stale time together. A value that was invalidated
// is not served: it is gone. On a miss one loads for all, as in single_flight.
//
// The name is HTTP's: RFC 5861, section 3.

#pragma once

#include "cache_aside/flights.h"
#include "cache_aside/stampede.h"

namespace cache_aside {

class StampedeStaleWhileRevalidate final : public Stampede {
 public:
  // `stale_for`: how long after its expiry a value may be served; `patience`: how long a waiter waits on a miss.
  StampedeStaleWhileRevalidate(common::Duration stale_for, common::Duration patience)
      : stale_for_(stale_for), patience_(patience) {}

  Verdict judge(const Entry& entry, common::TimePoint now, double) const noexcept override {
    if (now < entry.fresh_until) return Verdict::use;
    return entry.value && now < entry.kept_until ? Verdict::use_and_refresh : Verdict::reload;
  }
  common::Duration stale_for() const noexcept override { return stale_for_; }

  common::Task<common::Result<Loaded>> load(Miss miss) override {
    const auto join = miss.lookup.away ? Flights::Join::next : Flights::Join::current;
    std::string name = name_of(miss);
    Flights::Load fetch = [fetch = std::move(miss.fetch)] { return fetch(""); };
    auto landed = co_await flights_.fly(std::move(name), join, patience_, std::move(fetch));
    if (landed.outcome.has_error()) co_return landed.outcome.error();
    Loaded loaded{std::move(*landed.outcome), landed.coalesced};
    co_return loaded;
  }
  void refresh(common::Executor executor, Miss miss) override {
    const std::string name = name_of(miss);
    flights_.begin(executor, name, [fetch = std::move(miss.fetch)] { return fetch(""); });
  }

 private:
  static std::string name_of(const Miss& miss) { return miss.key + '\n' + miss.lookup.ticket; }

  const common::Duration stale_for_;
  const common::Duration patience_;
  Flights flights_;
};

}  // namespace cache_aside
