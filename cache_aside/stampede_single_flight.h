// single_flight: of all in this process who miss one key, one loads; the others wait for what it gets.
//
// Right when: nearly always; it costs a look-up in a table, and makes of a herd one query a process. It hurts when
// there are many processes: each has its own. (groupcache's singleflight; its outage mode, the first caller's
// cancellation failing everybody, is what flights.h rules out.)
//
// Nobody is given a value that was loaded before a change it must see: the cache's ticket is part of the flight's name,
// and an invalidation makes another ticket (cache.h). Where the cache is away, or there is none, who comes waits for
// the next load. Without a guard there are no tickets either, and who comes joins: the textbook's race, once more.

#pragma once

#include "cache_aside/flights.h"
#include "cache_aside/stampede.h"

namespace cache_aside {

class StampedeSingleFlight final : public Stampede {
 public:
  // `patience`: how long one waiter waits.
  explicit StampedeSingleFlight(common::Duration patience) : patience_(patience) {}

  common::Task<common::Result<Loaded>> load(Miss miss) override {
    const auto join = miss.lookup.away ? Flights::Join::next : Flights::Join::current;
    std::string name = miss.key + '\n' + miss.lookup.ticket;
    Flights::Load fetch = [fetch = std::move(miss.fetch)] { return fetch(""); };
    auto landed = co_await flights_.fly(std::move(name), join, patience_, std::move(fetch));
    if (landed.outcome.has_error()) co_return landed.outcome.error();
    Loaded loaded{std::move(*landed.outcome), landed.coalesced};
    co_return loaded;
  }

 private:
  const common::Duration patience_;
  Flights flights_;
};

}  // namespace cache_aside
