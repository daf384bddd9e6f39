// Many want the same thing at the same time: one fetches it, the others wait for what it gets.
//
// A popular entry that has just expired is asked for by every request at once, and without this each of them asks the
// store. The idea and the name are Go's golang.org/x/sync/singleflight.
//
//   auto link = co_await flights.get(code, [&] { return store.find(code); });
//
//   1. While a fetch of `key` is under way nobody begins another one: all get its value, or its exception.
//   2. Who comes after it has ended fetches anew: nothing is remembered here. So put what makes an old value useless,
//      such as a version, into the key: or somebody who comes after a change joins a fetch that began before it.
//   3. The fetch belongs to who began it. Others who wait for it wait as long as it takes.
//
// Belongs to one thread: no locks, and at most one fetch for each thread.

#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/runtime/park.h"

namespace common {

template <class Key, class Value, class Hash = std::hash<Key>>
class SingleFlight {
 public:
  // `fetch` is called at once, or not at all. Throws what it throws. Value must be copyable.
  template <class Fetch>
  Task<Value> get(Key key, Fetch fetch) {
    if (const auto found = flights_.find(key); found != flights_.end()) {
      const std::shared_ptr<Flight> flight = found->second;
      co_await park(co_await asio::this_coro::executor,
                    [&](Parked self) { flight->waiting.push_back(std::move(self)); });
      if (flight->thrown) std::rethrow_exception(flight->thrown);
      co_return *flight->value;
    }
    const auto flight = std::make_shared<Flight>();
    flights_.emplace(key, flight);
    try {
      flight->value.emplace(co_await fetch());
    } catch (...) {
      flight->thrown = std::current_exception();
    }
    flights_.erase(key);
    resume(std::move(flight->waiting));
    if (flight->thrown) std::rethrow_exception(flight->thrown);
    co_return *flight->value;
  }

 private:
  struct Flight {
    std::optional<Value> value;
    std::exception_ptr thrown;
    std::vector<Parked> waiting;
  };
  std::unordered_map<Key, std::shared_ptr<Flight>, Hash> flights_;
};

}  // namespace common
