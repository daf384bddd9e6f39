// XFetch in real time: steady reads of one key that expires again and again, and then of a key that was deleted.

#include <cmath>
#include <iomanip>
#include <iostream>
#include <map>

#include "cache_aside/cache_aside.h"
#include "cache_aside/cache_local.h"
#include "cache_aside/stampede_early_refresh.h"
#include "common/runtime/all.h"
#include "common/runtime/runtime.h"
#include "tests/support/catch.h"

using namespace cache_aside;
using namespace std::chrono_literals;
using common::Task;

namespace {

// Counts, for each value that was replaced, how many loads replaced it.
class CountingCache final : public Cache {
 public:
  explicit CountingCache(const common::Clock& clock) : cache_(clock, {}) {}
  Task<Lookup> get(std::string key, Guard) override {
    Lookup lookup = cache_.look_up(key, Guard::none);
    if (lookup.entry) lookup.ticket = std::to_string(lookup.entry->fresh_until.time_since_epoch().count());
    co_return lookup;
  }
  Task<bool> put(std::string key, Entry entry, Guard, std::string ticket, std::string) override {
    ++loads[ticket];
    co_return cache_.put_now(key, std::move(entry), Guard::none, "");
  }
  Task<bool> invalidate(std::string key, Guard, std::uint64_t version) override {
    cache_.invalidate_now(key, Guard::none, version);
    co_return true;
  }
  std::map<std::string, int> loads;

 private:
  CacheLocal cache_;
};

}  // namespace

TEST_CASE("under steady reads a value is loaded e^(1/beta) times for each expiry; a deleted one by everybody") {
  constexpr auto load_time = 20ms;
  constexpr auto ttl = 400ms;
  constexpr double rate = 1500;
  constexpr double beta = 1.0;
  const common::SystemClock clock;
  common::Metrics registry;
  CacheMetrics metrics(registry);
  CountingCache cache(clock);
  StampedeEarlyRefresh stampede(beta);
  CacheAside reads(cache, stampede, Guard::none, clock, metrics, {.jitter_percent = 0});
  common::Runtime runtime(1);
  const auto read = [&]() {
    Load load = [&](std::uint64_t) -> Task<common::Result<std::optional<Row>>> {
      co_await common::sleep_for(load_time);  // the query
      std::optional<Row> row(Row{1, "x"});
      co_return row;
    };
    return reads.read("key", ttl, std::move(load));
  };
  const auto visit = [&]() -> Task<> { (void)co_await read(); };
  const auto main = [&]() -> Task<> {
    co_await visit();
    common::SeededRandom random(1);
    const auto end = clock.monotonic() + 180s;
    auto due = clock.monotonic();
    while (due < end) {
      due += std::chrono::nanoseconds(static_cast<std::int64_t>(-std::log(1.0 - random.unit()) / rate * 1e9));
      if (due > clock.monotonic()) co_await common::sleep_for(due - clock.monotonic());  // the next arrival
      common::spawn(co_await common::asio::this_coro::executor, "read", visit());
    }
    co_await common::sleep_for(1s);  // until the last loads have ended
    cache.loads.erase("");
    double loads = 0;
    for (const auto& [ticket, count] : cache.loads)
      loads += count;
    const double measured = loads / static_cast<double>(cache.loads.size());
    std::cout << "XFetch, " << cache.loads.size() << " expiries: " << std::fixed << std::setprecision(2) << measured
              << " loads for each, e^(1/beta) is " << std::exp(1 / beta) << std::endl;
    CHECK(measured == testing::Approx(std::exp(1 / beta)).epsilon(0.1));

    co_await cache.invalidate("key", Guard::none, 0);
    cache.loads.clear();
    std::vector<Task<common::Result<Read>>> herd;
    for (int i = 0; i < 500; ++i)
      herd.push_back(read());
    const auto found = co_await common::all(std::move(herd));
    CHECK(found.size() == 500);
    std::cout << "500 reads of a deleted key: " << cache.loads[""] << " loads" << std::endl;
    CHECK(cache.loads[""] == 500);
  };
  runtime.run(main());
}
