#include "url_shortener/leased_ids.h"

#include <algorithm>
#include <mutex>
#include <numeric>

#include <boost/asio/post.hpp>

#include "tests/support/catch.h"
#include "tests/support/run_task.h"

using namespace url_shortener;
using common::Error;
using common::Failure;
using common::Result;
using common::Task;

namespace {

// Counts leases and how many are under way at once; takes its time, and can fail.
class SlowSource final : public IdSource {
 public:
  Task<Result<IdBlock>> lease(std::uint64_t count) override {
    most_at_once = std::max(most_at_once, ++at_once);
    ++leases;
    for (int turn = 0; turn < 10; ++turn)
      co_await boost::asio::post(co_await boost::asio::this_coro::executor, common::use_task);
    --at_once;
    if (broken) co_return Error{Failure::unavailable, "away"};
    co_return IdBlock{std::exchange(next, next + count), count};
  }
  Task<Result<std::string>> permutation_key() override { co_return std::string(16, 'k'); }

  int leases = 0;
  int at_once = 0;
  int most_at_once = 0;
  std::uint64_t next = 0;
  bool broken = false;
};

Task<> take(LeasedIds& ids, std::vector<Result<std::uint64_t>>& taken) {
  taken.push_back(co_await ids.next());
}

std::vector<Result<std::uint64_t>> take_at_once(LeasedIds& ids, int count) {
  std::vector<Result<std::uint64_t>> taken;
  std::vector<Task<>> tasks;
  for (int i = 0; i < count; ++i)
    tasks.push_back(take(ids, taken));
  testing::run_tasks(std::move(tasks));
  return taken;
}

}  // namespace

TEST_CASE("all who find the block empty wait for one lease") {
  SlowSource source;
  LeasedIds ids(source, 100);
  const auto taken = take_at_once(ids, 100);
  CHECK(source.leases == 1);
  std::vector<std::uint64_t> numbers;
  for (const auto& id : taken)
    numbers.push_back(id.value());
  std::sort(numbers.begin(), numbers.end());
  std::vector<std::uint64_t> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(numbers == expected);
}

TEST_CASE("a crowd larger than the block leases one block after the other") {
  SlowSource source;
  LeasedIds ids(source, 10);
  const auto taken = take_at_once(ids, 95);
  CHECK(taken.size() == 95);
  CHECK(std::all_of(taken.begin(), taken.end(), [](const auto& id) { return id.has_value(); }));
  CHECK(source.leases == 10);
  CHECK(source.most_at_once == 1);
}

TEST_CASE("a lease that fails fails for all who waited and the next one tries again") {
  SlowSource source;
  source.broken = true;
  LeasedIds ids(source, 10);
  const auto taken = take_at_once(ids, 20);
  CHECK(source.leases == 1);
  CHECK(std::all_of(taken.begin(), taken.end(),
                    [](const auto& id) { return id.has_error() && id.error().kind == Failure::unavailable; }));
  source.broken = false;
  CHECK(take_at_once(ids, 1).front().value() == 0);
}

TEST_CASE("threads that share leased ids never get one twice") {
  class FastSource final : public IdSource {
   public:
    Task<Result<IdBlock>> lease(std::uint64_t count) override {
      const std::lock_guard lock(mutex_);
      co_return IdBlock{std::exchange(next_, next_ + count), count};
    }
    Task<Result<std::string>> permutation_key() override { co_return std::string(16, 'k'); }

   private:
    std::mutex mutex_;
    std::uint64_t next_ = 0;
  } source;
  LeasedIds ids(source, 7);
  std::mutex mutex;
  std::vector<std::uint64_t> numbers;
  testing::run_on_threads(4, [&](std::size_t) -> Task<> {
    std::vector<std::uint64_t> mine;
    for (int i = 0; i < 5'000; ++i)
      mine.push_back((co_await ids.next()).value());
    const std::lock_guard lock(mutex);
    numbers.insert(numbers.end(), mine.begin(), mine.end());
  });
  std::sort(numbers.begin(), numbers.end());
  CHECK(numbers.size() == 20'000);
  CHECK(std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end());
}
