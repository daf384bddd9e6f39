#include "url_shortener/store_postgres.h"

#include <algorithm>
#include <array>

#include "common/postgres/migrate.h"
#include "embedded/postgres_0001_links.h"
#include "embedded/postgres_0002_clicks.h"
#include "embedded/postgres_0003_codes.h"
#include "embedded/postgres_0004_shards.h"
#include "embedded/postgres_0005_words.h"
#include "embedded/postgres_0006_reusable_links.h"
#include "embedded/postgres_0007_reuse.h"
#include "embedded/postgres_0008_click_writers.h"

namespace url_shortener {

void migrate_links(const std::string& url) {
  using common::postgres::Migration;
  const std::array migrations{
      Migration{1, embedded::postgres_0001_links},
      Migration{2, embedded::postgres_0002_clicks},
      Migration{3, embedded::postgres_0003_codes},
      Migration{4, embedded::postgres_0004_shards},
      Migration{5, embedded::postgres_0005_words},
      Migration{6, embedded::postgres_0006_reusable_links, Migration::alone},
      Migration{7, embedded::postgres_0007_reuse},
      Migration{8, embedded::postgres_0008_click_writers},
  };
  common::postgres::migrate(url, migrations);
}

namespace {

common::postgres::Options pool_options(const StorePostgres::Options& options) {
  common::postgres::Options pool;
  pool.url = options.url;
  pool.connections = options.connections;
  pool.transactions = options.connections;
  pool.session_begin = options.session_begin;
  return pool;
}

}  // namespace

StorePostgres::StorePostgres(common::Runtime& runtime, Options options)
    : threads_(runtime.threads()),
      connections_each_(std::max<std::size_t>(1, options.connections / runtime.threads())),
      pool_(runtime, pool_options(options)) {}

}  // namespace url_shortener
