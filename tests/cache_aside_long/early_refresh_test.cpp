// XFetch in real time: steady reads of keys that expire again and again, and then of one that was deleted.

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
    ++loads[ticket.empty() ? "" : key + " " + ticket];
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
  // A load is much longer than the pauses of a busy machine, which would look like a herd; many keys, so that there are
  // expiries enough all the same.
  constexpr auto load_time = 100ms;
  constexpr auto ttl = 1s;
  constexpr std::uint64_t keys = 20;
  constexpr double rate = 4000;  // of all keys
  constexpr double beta = 1.0;
  const common::SystemClock clock;
  common::Metrics registry;
  CacheMetrics metrics(registry);
  CountingCache cache(clock);
  StampedeEarlyRefresh stampede(beta);
  CacheAside reads(cache, stampede, Guard::none, clock, metrics, {.jitter_percent = 0});
  common::Runtime runtime(1);
  const auto read = [&](std::uint64_t key) {
    Load load = [&](std::uint64_t) -> Task<common::Result<std::optional<Row>>> {
      co_await common::sleep_for(load_time);  // the query
      std::optional<Row> row(Row{1, "x"});
      co_return row;
    };
    return reads.read("user:" + std::to_string(key), ttl, std::move(load));
  };
  const auto visit = [&](std::uint64_t key) -> Task<> { (void)co_await read(key); };
  const auto main = [&]() -> Task<> {
    common::SeededRandom random(1);
    std::vector<Task<common::Result<Read>>> first;
    for (std::uint64_t key = 0; key < keys; ++key)
      first.push_back(read(key));
    const auto cached = co_await common::all(std::move(first));
    CHECK(cached.size() == keys);
    const auto end = clock.monotonic() + 60s;
    auto due = clock.monotonic();
    while (due < end) {
      due += std::chrono::nanoseconds(static_cast<std::int64_t>(-std::log(1.0 - random.unit()) / rate * 1e9));
      if (due > clock.monotonic()) co_await common::sleep_for(due - clock.monotonic());  // the next arrival
      common::spawn(co_await common::asio::this_coro::executor, "read", visit(random.below(keys)));
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

    co_await cache.invalidate("user:0", Guard::none, 0);
    cache.loads.clear();
    std::vector<Task<common::Result<Read>>> herd;
    for (int i = 0; i < 500; ++i)
      herd.push_back(read(0));
    const auto found = co_await common::all(std::move(herd));
    CHECK(found.size() == 500);
    std::cout << "500 reads of a deleted key: " << cache.loads[""] << " loads" << std::endl;
    CHECK(cache.loads[""] == 500);
  };
  runtime.run(main());
}
