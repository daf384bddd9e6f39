#include "url_shortener/stores.h"

#include "url_shortener/click_store_memory.h"
#include "url_shortener/click_store_postgres.h"
#include "url_shortener/click_store_sqlite.h"
#include "url_shortener/id_source_memory.h"
#include "url_shortener/id_source_postgres.h"
#include "url_shortener/id_source_sqlite.h"
#include "url_shortener/key_pool_memory.h"
#include "url_shortener/key_pool_postgres.h"
#include "url_shortener/key_pool_sqlite.h"
#include "url_shortener/link_store_memory.h"
#include "url_shortener/link_store_postgres.h"
#include "url_shortener/link_store_sqlite.h"
#include "url_shortener/machine_ids_memory.h"
#include "url_shortener/machine_ids_postgres.h"
#include "url_shortener/machine_ids_sqlite.h"

namespace url_shortener {
namespace {

Stores open_memory() {
  return {.shared = nullptr,
          .links = std::make_unique<LinkStoreMemory>(),
          .clicks = std::make_unique<ClickStoreMemory>(),
          .ids = std::make_unique<IdSourceMemory>(),
          .machine_ids = std::make_unique<MachineIdsMemory>(),
          .key_pool = std::make_unique<KeyPoolMemory>(),
          .trouble = nullptr};
}

Search search_of(const Config& config) {
  return config.search == "words" ? Search::words : Search::scan;
}

common::Task<void> close(std::shared_ptr<StoreSqlite> database) {
  database->stop();
  co_return;
}

Stores open_sqlite(const Config& config, common::Runtime& runtime) {
  const auto database = std::make_shared<StoreSqlite>(config.server.data);
  runtime.on_shut_down("close the database", [database] { return close(database); });
  return {.shared = database,
          .links = std::make_unique<LinkStoreSqlite>(*database, search_of(config)),
          .clicks = std::make_unique<ClickStoreSqlite>(*database),
          .ids = std::make_unique<IdSourceSqlite>(*database),
          .machine_ids = std::make_unique<MachineIdsSqlite>(*database),
          .key_pool = std::make_unique<KeyPoolSqlite>(*database),
          .trouble = [database] { return database->writer().trouble(); }};
}

Stores open_postgres(const Config& config, common::Runtime& runtime) {
  const StorePostgres::Options options{.url = config.store, .connections = config.store_connections};
  const auto database = std::make_shared<StorePostgres>(runtime, options);
  runtime.on_shut_down("close PostgreSQL", [database] { return database->stop(); });
  return {.shared = database,
          .links = std::make_unique<LinkStorePostgres>(*database, search_of(config)),
          .clicks = std::make_unique<ClickStorePostgres>(*database),
          .ids = std::make_unique<IdSourcePostgres>(*database),
          .machine_ids = std::make_unique<MachineIdsPostgres>(*database),
          .key_pool = std::make_unique<KeyPoolPostgres>(*database),
          .trouble = [database] { return database->pool().trouble(); }};
}

}  // namespace

Stores open_stores(const Config& config, common::Runtime& runtime) {
  if (config.store == "memory") return open_memory();
  Stores stores = config.store == "sqlite" ? open_sqlite(config, runtime) : open_postgres(config, runtime);
  common::spawn(runtime.executor(), "index links", index_all(*stores.links));
  return stores;
}

}  // namespace url_shortener
