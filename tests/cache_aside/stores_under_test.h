// The stores that every contract test runs on: memory and SQLite here, and once more PostgreSQL with services
// (tests/CMakeLists.txt).

#pragma once

#include <memory>
#include <string>

#include "cache_aside/follow_store.h"
#include "cache_aside/invalidation_log.h"
#include "cache_aside/post_store.h"
#include "cache_aside/store_memory.h"
#include "cache_aside/store_postgres.h"
#include "cache_aside/store_sqlite.h"
#include "cache_aside/user_store.h"
#include "tests/support/catch.h"
#include "tests/support/postgres_support.h"
#include "tests/support/require.h"
#include "tests/support/run_task.h"
#include "tests/support/running_runtime.h"
#include "tests/support/temp_folder.h"

#ifndef STORE_KINDS
#define STORE_KINDS "memory", "sqlite"
#endif

namespace cache_aside {

// False, said aloud, when a kind needs a service that is not there.
inline bool is_there(const std::string& kind) {
  return kind != "postgres" ||
         testing::require_or_skip(std::getenv("POSTGRES_URL") != nullptr, "POSTGRES_URL is not set: ./run services up");
}

class StoresUnderTest {
 public:
  explicit StoresUnderTest(const std::string& kind);
  ~StoresUnderTest();

  UserStore& users() { return *users_; }
  PostStore& posts() { return *posts_; }
  FollowStore& follows() { return *follows_; }
  InvalidationLog& log() { return *log_; }

  // What a call answers, without its Result.
  template <class T>
  static T run(common::Task<common::Result<T>> task) {
    auto result = testing::run_task(std::move(task));
    return testing::expect(std::move(result));
  }

 private:
  template <class Users, class Posts, class Follows, class Log, class Store>
  void fill(Store& store);

  testing::TempFolder folder_;
  StoreMemory memory_;
  std::unique_ptr<StoreSqlite> sqlite_;
  std::unique_ptr<testing::Schema> schema_;
  std::unique_ptr<testing::RunningRuntime> running_;
  std::unique_ptr<StorePostgres> postgres_;
  std::unique_ptr<UserStore> users_;
  std::unique_ptr<PostStore> posts_;
  std::unique_ptr<FollowStore> follows_;
  std::unique_ptr<InvalidationLog> log_;
};

#define FOR_EACH_STORE(stores)                    \
  const std::string kind = GENERATE(STORE_KINDS); \
  INFO(kind);                                     \
  if (!is_there(kind)) return;                    \
  StoresUnderTest stores(kind)

inline constexpr common::TimePoint noon{std::chrono::seconds{1'750'000'000}};

User new_user(StoresUnderTest& stores, std::string name = "Ada", bool noted = false);
Post new_post(StoresUnderTest& stores, std::uint64_t author, std::string text = "hello");

}  // namespace cache_aside
