#include "cache_aside/stores.h"

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
#include "common/random.h"
#include "common/text.h"

namespace cache_aside {
namespace {

template <class Users, class Posts, class Follows, class Log, class Store>
Stores stores_over(const std::shared_ptr<Store>& store) {
  Stores stores;
  stores.shared = store;
  stores.users = std::make_unique<Users>(*store);
  stores.posts = std::make_unique<Posts>(*store);
  stores.follows = std::make_unique<Follows>(*store);
  stores.log = std::make_unique<Log>(*store);
  return stores;
}

Stores open_memory() {
  auto stores = stores_over<UserStoreMemory, PostStoreMemory, FollowStoreMemory, InvalidationLogMemory>(
      std::make_shared<StoreMemory>());
  const auto digits = common::hex_digits(common::SecureRandom().next());
  stores.identity = std::string(digits.data(), digits.size());
  return stores;
}

common::Task<> close(std::shared_ptr<StoreSqlite> database) {
  database->stop();
  co_return;
}

Stores open_sqlite(const Config& config, common::Runtime& runtime) {
  const auto database = std::make_shared<StoreSqlite>(config.server.data);
  runtime.on_shut_down("close the database", [database] { return close(database); });
  auto stores = stores_over<UserStoreSqlite, PostStoreSqlite, FollowStoreSqlite, InvalidationLogSqlite>(database);
  stores.identity = database->identity();
  stores.trouble = [database] { return database->writer().trouble(); };
  return stores;
}

Stores open_postgres(const Config& config, common::Runtime& runtime, common::Metrics& metrics) {
  const StorePostgres::Options options{
      .url = config.store, .read_url = config.read_store, .connections = config.store_connections};
  const auto database = std::make_shared<StorePostgres>(runtime, options);
  runtime.on_shut_down("close PostgreSQL", [database] { return database->stop(); });
  if (!config.read_store.empty()) database->watch_replica(runtime, metrics);
  auto stores =
      stores_over<UserStorePostgres, PostStorePostgres, FollowStorePostgres, InvalidationLogPostgres>(database);
  stores.identity = database->identity();
  stores.trouble = [database] { return database->pool().trouble(); };
  stores.on_query = [database](std::function<void()> count) { database->count_queries(std::move(count)); };
  return stores;
}

}  // namespace

Stores open_stores(const Config& config, common::Runtime& runtime, common::Metrics& metrics) {
  if (config.store == "memory") return open_memory();
  if (config.store == "sqlite") return open_sqlite(config, runtime);
  return open_postgres(config, runtime, metrics);
}

}  // namespace cache_aside
