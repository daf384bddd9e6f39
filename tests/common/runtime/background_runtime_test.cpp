#include "common/runtime/background_runtime.h"

#include <atomic>
#include <stdexcept>

#include "tests/support/catch.h"

using common::BackgroundRuntime;
using common::Task;

namespace {

Task<> note_thread(std::atomic<std::size_t>& threads) {
  co_await common::sleep_for(std::chrono::milliseconds{1});  // so that it goes on in a later turn
  threads |= std::size_t{1} << common::current_thread_index();
}

Task<> fail() {
  throw std::runtime_error("out of order");
  co_return;
}

}  // namespace

TEST_CASE("a background runtime runs coroutines on its threads, one after the other's round") {
  BackgroundRuntime background(3);
  std::atomic<std::size_t> threads = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 4; ++i)
    tasks.push_back(note_thread(threads));
  background.run(std::move(tasks), 2);
  CHECK(threads == 0b011);
  background.run(note_thread(threads));
  CHECK(threads == 0b011);
}

TEST_CASE("what a coroutine of a background runtime throws is thrown to its caller, when all have ended") {
  BackgroundRuntime background(1);
  std::atomic<std::size_t> threads = 0;
  std::vector<Task<>> tasks;
  tasks.push_back(fail());
  tasks.push_back(note_thread(threads));
  CHECK_THROWS_WITH(background.run(std::move(tasks), 1), "out of order");
  CHECK(threads == 1);
}

TEST_CASE("a background runtime that stops takes its steps of shutting down, once") {
  int steps = 0;
  BackgroundRuntime background(1);
  background.runtime().on_shut_down("count", [&]() -> Task<> {
    ++steps;
    co_return;
  });
  background.stop();
  background.stop();
  CHECK(steps == 1);
}
