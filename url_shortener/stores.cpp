#include "url_shortener/stores.h"

#include "url_shortener/click_store_memory.h"
#include "url_shortener/click_store_postgres.h"
#include "url_shortener/click_store_sharded.h"
#include "url_shortener/click_store_sqlite.h"
#include "url_shortener/id_source_memory.h"
#include "url_shortener/id_source_postgres.h"
#include "url_shortener/id_source_sqlite.h"
#include "url_shortener/key_pool_memory.h"
#include "url_shortener/key_pool_postgres.h"
#include "url_shortener/key_pool_sqlite.h"
#include "url_shortener/link_store_memory.h"
#include "url_shortener/link_store_postgres.h"
#include "url_shortener/link_store_sharded.h"
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
  const auto shards = std::make_shared<Shards>(runtime, config.stores, config.store_connections);
  runtime.on_shut_down("close PostgreSQL", [shards] { return shards->stop(); });
  StorePostgres& first = shards->at(0);  // what codes are made from is one for all
  Stores stores{.shared = shards,
                .links = nullptr,
                .clicks = nullptr,
                .ids = std::make_unique<IdSourcePostgres>(first),
                .machine_ids = std::make_unique<MachineIdsPostgres>(first),
                .key_pool = std::make_unique<KeyPoolPostgres>(first),
                .trouble = [shards] { return shards->trouble(); }};
  if (shards->size() == 1) {
    stores.links = std::make_unique<LinkStorePostgres>(first, search_of(config));
    stores.clicks = std::make_unique<ClickStorePostgres>(first);
  } else {
    stores.links = std::make_unique<LinkStoreSharded>(*shards, search_of(config));
    stores.clicks = std::make_unique<ClickStoreSharded>(*shards);
  }
  return stores;
}

}  // namespace

Stores open_stores(const Config& config, common::Runtime& runtime) {
  if (config.store_is("memory")) return open_memory();
  Stores stores = config.store_is("sqlite") ? open_sqlite(config, runtime) : open_postgres(config, runtime);
  common::spawn(runtime.executor(), "index links", index_all(*stores.links));
  return stores;
}

}  // namespace url_shortener
