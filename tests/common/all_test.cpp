#include "common/runtime/all.h"

#include <boost/asio/post.hpp>
#include <stdexcept>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/run_task.h"

using common::Task;
using testing::run_task;

namespace {

// Ends in a later turn of the loop for each of `turns`.
Task<std::string> say(std::string what, int turns, std::string& heard) {
  for (int i = 0; i < turns; ++i)
    co_await common::asio::post(co_await common::asio::this_coro::executor, common::use_task);
  heard += what;
  co_return what;
}

Task<std::string> fail(std::string why) {
  throw std::runtime_error(why);
  co_return "";
}

}  // namespace

TEST_CASE("all run at once, and their outcomes come in the order of the tasks") {
  std::string heard;
  std::vector<Task<std::string>> tasks;
  tasks.push_back(say("a", 3, heard));
  tasks.push_back(say("b", 0, heard));
  tasks.push_back(say("c", 1, heard));
  CHECK(run_task(common::all(std::move(tasks))) == std::vector<std::string>{"a", "b", "c"});
  CHECK(heard == "bca");
}

TEST_CASE("all of nothing is nothing") {
  CHECK(run_task(common::all(std::vector<Task<int>>{})).empty());
}

TEST_CASE("what one of all throws comes after the others have ended") {
  std::string heard;
  std::vector<Task<std::string>> tasks;
  tasks.push_back(fail("one"));
  tasks.push_back(say("b", 2, heard));
  CHECK_THROWS_WITH(run_task(common::all(std::move(tasks))), "one");
  CHECK(heard == "b");
}
