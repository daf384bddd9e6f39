#include "common/single_flight.h"

#include <boost/asio/post.hpp>

#include "tests/support/catch.h"
#include "tests/support/run_task.h"

using common::Task;
using Flights = common::SingleFlight<std::string, int>;

namespace {

// A fetch that takes a few turns of the loop, so that others can come meanwhile.
Task<int> slowly(int& fetches, int value) {
  ++fetches;
  for (int i = 0; i < 3; ++i)
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, common::use_task);
  if (value < 0) throw std::runtime_error("no value");
  co_return value;
}

Task<> expect(Flights& flights, std::string key, int& fetches, int value) {
  const int got = co_await flights.get(key, [&] { return slowly(fetches, value); });
  CHECK(got == value);
}

Task<> expect_throw(Flights& flights, int& fetches, int& thrown) {
  try {
    co_await flights.get("key", [&] { return slowly(fetches, -1); });
  } catch (const std::runtime_error&) {
    ++thrown;
  }
}

}  // namespace

TEST_CASE("many who ask for one key at once share one fetch") {
  Flights flights;
  int fetches = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 100; ++i)
    tasks.push_back(expect(flights, "key", fetches, 7));
  testing::run_tasks(std::move(tasks));
  CHECK(fetches == 1);
}

TEST_CASE("different keys are fetched each for itself") {
  Flights flights;
  int fetches = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 10; ++i)
    tasks.push_back(expect(flights, std::to_string(i), fetches, i));
  testing::run_tasks(std::move(tasks));
  CHECK(fetches == 10);
}

TEST_CASE("who comes after a fetch has ended fetches anew") {
  Flights flights;
  int fetches = 0;
  testing::run_task(expect(flights, "key", fetches, 1));
  testing::run_task(expect(flights, "key", fetches, 2));
  CHECK(fetches == 2);
}

TEST_CASE("a fetch that throws throws for all who wait, and the next one may succeed") {
  Flights flights;
  int fetches = 0;
  int thrown = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 5; ++i)
    tasks.push_back(expect_throw(flights, fetches, thrown));
  testing::run_tasks(std::move(tasks));
  CHECK(fetches == 1);
  CHECK(thrown == 5);
  testing::run_task(expect(flights, "key", fetches, 3));
}
