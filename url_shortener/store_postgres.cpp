#include "url_shortener/store_postgres.h"

#include <algorithm>
#include <array>

#include "common/postgres/migrate.h"
#include "embedded/postgres_0001_links.h"
#include "embedded/postgres_0002_clicks.h"
#include "embedded/postgres_0003_codes.h"
#include "embedded/postgres_0004_shards.h"
#include "embedded/postgres_0005_words.h"

namespace url_shortener {

void migrate_links(const std::string& url) {
  using common::postgres::Migration;
  const std::array migrations{
      Migration{1, embedded::postgres_0001_links},
      Migration{2, embedded::postgres_0002_clicks},
      Migration{3, embedded::postgres_0003_codes},
      Migration{4, embedded::postgres_0004_shards},
      Migration{5, embedded::postgres_0005_words},
  };
  common::postgres::migrate(url, migrations);
}

namespace {

common::postgres::Options pool_options(const StorePostgres::Options& options) {
  common::postgres::Options pool;
  pool.url = options.url;
  pool.connections = options.connections;
  return pool;
}

}  // namespace

StorePostgres::StorePostgres(common::Runtime& runtime, Options options)
    : threads_(runtime.threads()),
      connections_each_(std::max<std::size_t>(1, options.connections / runtime.threads())),
      pool_(runtime, pool_options(options)) {}

}  // namespace url_shortener
