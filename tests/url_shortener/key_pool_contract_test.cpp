// What key_pool.h promises, asked of every implementation.

#include <algorithm>
#include <mutex>
#include <set>

#include "tests/support/run_task.h"
#include "tests/url_shortener/stores_under_test.h"
#include "url_shortener/key_pool_sqlite.h"

using namespace url_shortener;
using common::Task;
using testing::run_on_threads;
using testing::run_task;

namespace {

using Keys = std::vector<std::string>;

Keys numbered(std::size_t from, std::size_t count) {
  Keys keys;
  for (std::size_t i = from; i < from + count; ++i)
    keys.push_back("key" + std::to_string(i));
  return keys;
}

std::size_t add(KeyPool& pool, Keys keys) {
  return run_task(pool.add(std::move(keys))).value();
}

Keys claim(KeyPool& pool, std::size_t count) {
  auto keys = run_task(pool.claim(count)).value();
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::size_t size(KeyPool& pool) {
  return run_task(pool.size()).value();
}

}  // namespace

TEST_CASE("keys come out of the pool as they went in, once each, in whichever process") {
  FOR_EACH_KIND(KeyPools, pools);
  CHECK(claim(pools.one(), 5).empty());
  CHECK(add(pools.one(), {"d", "c", "b", "a"}) == 4);
  CHECK(size(pools.two()) == 4);
  CHECK(claim(pools.two(), 2) == Keys{"c", "d"});
  CHECK(size(pools.one()) == 2);
  CHECK(claim(pools.one(), 5) == Keys{"a", "b"});  // fewer than asked for: it has no more
  CHECK(claim(pools.two(), 5).empty());
  CHECK(size(pools.one()) == 0);
}

TEST_CASE("a key that was ever in the pool is not added again") {
  FOR_EACH_KIND(KeyPools, pools);
  CHECK(add(pools.one(), {"a", "b", "a"}) == 2);
  CHECK(claim(pools.one(), 1) == Keys{"a"});
  CHECK(add(pools.two(), {"a", "b", "c"}) == 1);
  CHECK(claim(pools.two(), 9) == Keys{"b", "c"});
  CHECK(add(pools.one(), {"a", "b", "c"}) == 0);
  CHECK(size(pools.one()) == 0);
}

TEST_CASE("keys that are claimed as they are added go to the one who added them") {
  FOR_EACH_KIND(KeyPools, pools);
  CHECK(add(pools.one(), {"a", "b"}) == 2);
  CHECK(run_task(pools.two().add_claimed({"d", "b", "c", "d"})).value() == Keys{"d", "c"});
  CHECK(run_task(pools.one().add_claimed({"c"})).value().empty());
  CHECK(add(pools.one(), {"c", "d", "e"}) == 1);
  CHECK(claim(pools.two(), 9) == Keys{"a", "b", "e"});
}

TEST_CASE("claims never overlap, whoever claims, and together they are all that was added") {
  FOR_EACH_KIND(KeyPools, pools);
  std::mutex mutex;
  std::multiset<std::string> claimed;
  std::size_t added = 0;
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    KeyPool& pool = thread % 2 == 0 ? pools.one() : pools.two();
    for (std::size_t i = 0; i < 20; ++i) {
      // Neighbours add half of the same keys.
      const std::size_t new_keys = (co_await pool.add(numbered((thread + 2 * i) * 25, 50))).value();
      const auto keys = (co_await pool.claim(i * 3)).value();
      if (keys.size() > i * 3) throw std::runtime_error("more than was asked for");
      const std::lock_guard lock(mutex);
      added += new_keys;
      claimed.insert(keys.begin(), keys.end());
    }
  });
  const auto rest = claim(pools.one(), 100'000);
  claimed.insert(rest.begin(), rest.end());
  CHECK(claimed.size() == added);
  CHECK(std::set<std::string>(claimed.begin(), claimed.end()).size() == added);
  CHECK(added == (3 + 2 * 19) * 25 + 50);  // every number once
}

TEST_CASE("keys that were claimed from a SQLite file are gone when it is opened again, the others are not") {
  const testing::TempFolder folder;
  {
    StoreSqlite file(folder.path());
    KeyPoolSqlite pool(file);
    CHECK(add(pool, {"a", "b", "c"}) == 3);
    CHECK(claim(pool, 1) == Keys{"a"});
  }
  StoreSqlite file(folder.path());
  KeyPoolSqlite pool(file);
  CHECK(add(pool, {"a", "b"}) == 0);
  CHECK(claim(pool, 9) == Keys{"b", "c"});
}
