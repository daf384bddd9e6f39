// What id_source.h promises, asked of every implementation.

#include <algorithm>
#include <mutex>

#include "tests/support/run_task.h"
#include "tests/url_shortener/stores_under_test.h"
#include "url_shortener/id_source_sqlite.h"

using namespace url_shortener;
using common::Task;
using testing::run_on_threads;
using testing::run_task;

TEST_CASE("blocks of ids never overlap, whoever leases them") {
  FOR_EACH_KIND(IdSources, sources);
  std::mutex mutex;
  std::vector<IdBlock> blocks;
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    IdSource& source = thread % 2 == 0 ? sources.one() : sources.two();
    for (std::uint64_t count = 1; count <= 50; ++count) {
      const auto block = (co_await source.lease(count)).value();
      if (block.count != count) throw std::runtime_error("another count than was asked for");
      const std::lock_guard lock(mutex);
      blocks.push_back(block);
    }
  });
  std::sort(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::uint64_t next = 0;
  for (const auto& block : blocks) {
    CHECK(block.first == next);  // no gaps either, without a crash
    next = block.first + block.count;
  }
  CHECK(next == 4 * 50 * 51 / 2);
}

TEST_CASE("the permutation key is one for all who ask, at once or later") {
  FOR_EACH_KIND(IdSources, sources);
  std::mutex mutex;
  std::vector<std::string> keys;
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    auto key = (co_await (thread % 2 == 0 ? sources.one() : sources.two()).permutation_key()).value();
    const std::lock_guard lock(mutex);
    keys.push_back(std::move(key));
  });
  keys.push_back(run_task(sources.one().permutation_key()).value());
  CHECK(keys.front().size() == 16);
  CHECK(std::count(keys.begin(), keys.end(), keys.front()) == 5);
  IdSources others("memory");
  CHECK(run_task(others.one().permutation_key()).value() != keys.front());
}

TEST_CASE("ids of a SQLite file go on where they were when it is opened again") {
  const testing::TempFolder folder;
  std::string key;
  {
    StoreSqlite file(folder.path());
    IdSourceSqlite ids(file);
    CHECK(run_task(ids.lease(1000)).value().first == 0);
    key = run_task(ids.permutation_key()).value();
  }
  StoreSqlite file(folder.path());
  IdSourceSqlite ids(file);
  CHECK(run_task(ids.lease(1)).value().first == 1000);
  CHECK(run_task(ids.permutation_key()).value() == key);
}
