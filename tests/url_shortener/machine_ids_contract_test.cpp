// What machine_ids.h promises, asked of every implementation.

#include <algorithm>
#include <map>
#include <mutex>

#include "common/random.h"
#include "tests/support/run_task.h"
#include "tests/url_shortener/stores_under_test.h"
#include "url_shortener/machine_ids_sqlite.h"

using namespace url_shortener;
using namespace std::chrono_literals;
using common::Task;
using testing::run_on_threads;
using testing::run_task;

namespace {

constexpr Millisecond start = std::chrono::floor<std::chrono::milliseconds>(noon);

std::optional<MachineLease> lease(MachineIds& machines, std::string owner, Millisecond now,
                                  std::chrono::milliseconds length = 10s) {
  return run_task(machines.lease(std::move(owner), now, length)).value();
}

}  // namespace

TEST_CASE("two owners have two machine numbers, in whichever process they ask") {
  FOR_EACH_KIND(MachineIdStores, stores);
  const auto one = lease(stores.one(), "one", start);
  const auto two = lease(stores.two(), "two", start);
  REQUIRE((one && two));
  CHECK(one->machine != two->machine);
  CHECK(one->from == start);
  CHECK(one->until == start + 10s);
}

TEST_CASE("an owner that asks again keeps its number and its beginning, and its end never falls") {
  FOR_EACH_KIND(MachineIdStores, stores);
  const auto first = lease(stores.one(), "one", start);
  const auto later = lease(stores.one(), "one", start + 6s);
  CHECK(later->machine == first->machine);
  CHECK(later->from == start);
  CHECK(later->until == start + 16s);
  const auto set_back = lease(stores.one(), "one", start - 1h);
  CHECK(set_back->machine == first->machine);
  CHECK(set_back->until == start + 16s);
  const auto long_after = lease(stores.one(), "one", start + 24h);  // nobody wanted it meanwhile
  CHECK(long_after->machine == first->machine);
  CHECK(long_after->from == start);
}

TEST_CASE("when all numbers are leased nobody gets one, until the millisecond at which a lease ends") {
  FOR_EACH_KIND(MachineIdStores, stores);
  const auto mine = lease(stores.one(), "mine", start, 10s);
  lease_to_others(stores.two(), 1, start, 1h);
  CHECK_FALSE(lease(stores.two(), "late", start + 10s - 1ms));
  const auto taken = lease(stores.two(), "late", start + 10s);
  REQUIRE(taken);
  CHECK(taken->machine == mine->machine);
  CHECK(taken->from == mine->until);
  CHECK_FALSE(lease(stores.one(), "mine", start + 10s));  // it is somebody else's now
}

TEST_CASE("spans of one machine number never overlap, whatever the owners' clocks say") {
  FOR_EACH_KIND(MachineIdStores, stores);
  lease_to_others(stores.one(), 3, start, std::chrono::hours{24 * 3650});
  std::mutex mutex;
  // By number and by (owner, beginning): the end. An extension replaces the end.
  std::map<std::uint32_t, std::map<std::pair<Millisecond, std::string>, Millisecond>> spans;
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    common::SeededRandom random(thread + 1);
    MachineIds& machines = thread % 2 == 0 ? stores.one() : stores.two();
    Millisecond now = start;
    for (int i = 0; i < 300; ++i) {
      now += std::chrono::milliseconds{random.below(15'000)} - 5s;  // forwards, back, and never in step
      const auto owner = std::to_string(thread) + "." + std::to_string((i + random.below(4)) / 4);
      const auto leased = (co_await machines.lease(owner, now, 3s)).value();
      if (!leased) continue;
      const std::lock_guard lock(mutex);
      auto& until = spans[leased->machine][{leased->from, owner}];
      until = std::max(until, leased->until);
    }
  });
  CHECK(spans.size() == 3);
  for (const auto& [machine, of_machine] : spans) {
    INFO(machine);
    CHECK(of_machine.size() > 10);
    Millisecond free_from{};
    for (const auto& [beginning, until] : of_machine) {
      CHECK(beginning.first >= free_from);
      free_from = std::max(free_from, until);
    }
  }
}

TEST_CASE("leases of a SQLite file are still held when it is opened again") {
  const testing::TempFolder folder;
  std::optional<MachineLease> before;
  {
    StoreSqlite file(folder.path());
    MachineIdsSqlite machines(file);
    before = lease(machines, "before the crash", start);
  }
  StoreSqlite file(folder.path());
  MachineIdsSqlite machines(file);
  CHECK(lease(machines, "after it", start)->machine != before->machine);
}
