#include "tests/cache_aside/under_test.h"

namespace testing {

CacheUnderTest::CacheUnderTest(const std::string& stampede, cache_aside::Guard guard, cache_aside::Locks* locks,
                               cache_aside::CacheAside::Options options)
    : policy(cache_aside::make_stampede(stampede, {.cache = cache, .guard = guard, .locks = locks, .clock = clock})),
      reads(cache, *policy, guard, clock, metrics, options) {}

CacheUnderTest::~CacheUnderTest() = default;

cache_aside::Load CacheUnderTest::load() {
  return [this](std::uint64_t asked) -> common::Task<common::Result<std::optional<cache_aside::Row>>> {
    ++queries;
    floor = asked;
    const std::optional<cache_aside::Row> found = row;
    for (int i = 0; i < 3; ++i)
      co_await common::asio::post(co_await common::asio::this_coro::executor, common::use_task);
    if (fails) co_return common::Error{failure, "the database is away"};
    co_return found;
  };
}

common::Task<> CacheUnderTest::read_into(std::optional<cache_aside::Read>& into) {
  auto read = co_await reads.read("row", 60s, load());
  if (read.has_value()) into.emplace(std::move(*read));
}

std::vector<std::optional<cache_aside::Read>> CacheUnderTest::read_many(std::size_t count) {
  std::vector<std::optional<cache_aside::Read>> found(count);
  std::vector<common::Task<>> tasks;
  for (auto& each : found)
    tasks.push_back(read_into(each));
  run_tasks(std::move(tasks));
  return found;
}

}  // namespace testing
