#include "tests/cache_aside/stores_under_test.h"

#include "cache_aside/follow_store_memory.h"
#include "cache_aside/follow_store_postgres.h"
#include "cache_aside/follow_store_sqlite.h"
#include "cache_aside/invalidation_log_memory.h"
#include "cache_aside/invalidation_log_postgres.h"
#include "cache_aside/invalidation_log_sqlite.h"
#include "cache_aside/post_store_memory.h"
#include "cache_aside/post_store_postgres.h"
#include "cache_aside/post_store_sqlite.h"
#include "cache_aside/user_store_memory.h"
#include "cache_aside/user_store_postgres.h"
#include "cache_aside/user_store_sqlite.h"

namespace cache_aside {

template <class Users, class Posts, class Follows, class Log, class Store>
void StoresUnderTest::fill(Store& store) {
  users_ = std::make_unique<Users>(store);
  posts_ = std::make_unique<Posts>(store);
  follows_ = std::make_unique<Follows>(store);
  log_ = std::make_unique<Log>(store);
}

StoresUnderTest::StoresUnderTest(const std::string& kind) {
  if (kind == "memory") {
    fill<UserStoreMemory, PostStoreMemory, FollowStoreMemory, InvalidationLogMemory>(memory_);
  } else if (kind == "sqlite") {
    sqlite_ = std::make_unique<StoreSqlite>(folder_.path());
    fill<UserStoreSqlite, PostStoreSqlite, FollowStoreSqlite, InvalidationLogSqlite>(*sqlite_);
  } else {
    schema_ = testing::new_schema();
    running_ = std::make_unique<testing::RunningRuntime>(2);
    postgres_ = std::make_unique<StorePostgres>(running_->runtime(), StorePostgres::Options{.url = schema_->url()});
    fill<UserStorePostgres, PostStorePostgres, FollowStorePostgres, InvalidationLogPostgres>(*postgres_);
  }
}

StoresUnderTest::~StoresUnderTest() {
  if (postgres_) testing::run_task(postgres_->stop());
}

User new_user(StoresUnderTest& stores, std::string name, bool noted) {
  auto created =
      stores.run(stores.users().create({0, std::move(name), "ada@example.com", 1}, std::nullopt, Change{noted, noon}));
  return std::get<Stored<User>>(created).row;
}

Post new_post(StoresUnderTest& stores, std::uint64_t author, std::string text) {
  auto created =
      stores.run(stores.posts().create({0, author, std::move(text), noon, 1}, std::nullopt, Change{true, noon}));
  return std::get<Stored<Post>>(created).row;
}

}  // namespace cache_aside
