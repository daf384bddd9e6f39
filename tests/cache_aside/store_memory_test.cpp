// The store in memory: what it must forget, since nobody else does. What it shares with the others: the contract tests.

#include "cache_aside/user_store_memory.h"
#include "tests/support/catch.h"
#include "tests/support/run_task.h"

using namespace cache_aside;
using namespace std::chrono_literals;

TEST_CASE("kept answers are forgotten after 24 hours") {
  StoreMemory store;
  UserStoreMemory users(store);
  common::TimePoint now{std::chrono::seconds{1'750'000'000}};
  const auto create = [&](const std::string& key) {
    const Keep<User> keep{"me", key, "hash",
                          [key](const User&) { return IdempotentAnswer{"me", key, "hash", 201, "", ""}; }};
    CHECK(testing::run_task(users.create({0, "Ada", "a@b", 1}, keep, {false, now})).has_value());
  };
  for (int hour = 0; hour < 100; ++hour, now += 1h)
    create(std::to_string(hour));
  CHECK(store.answers.size() == 24);
  CHECK(store.answer_ages.size() == 24);
}
