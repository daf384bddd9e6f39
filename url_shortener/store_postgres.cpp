#include "url_shortener/store_postgres.h"

#include <algorithm>
#include <array>

#include "common/postgres/migrate.h"
#include "embedded/postgres_0001_links.h"
#include "embedded/postgres_0002_clicks.h"
#include "embedded/postgres_0003_codes.h"
#include "embedded/postgres_0004_words.h"

namespace url_shortener {
namespace {

common::postgres::Options up_to_date(const StorePostgres::Options& options) {
  using common::postgres::Migration;
  const std::array migrations{
      Migration{1, embedded::postgres_0001_links},
      Migration{2, embedded::postgres_0002_clicks},
      Migration{3, embedded::postgres_0003_codes},
      Migration{4, embedded::postgres_0004_words},
  };
  common::postgres::migrate(options.url, migrations);
  common::postgres::Options pool;
  pool.url = options.url;
  pool.connections = options.connections;
  return pool;
}

}  // namespace

StorePostgres::StorePostgres(common::Runtime& runtime, Options options)
    : threads_(runtime.threads()),
      connections_each_(std::max<std::size_t>(1, options.connections / runtime.threads())),
      pool_(runtime, up_to_date(options)) {}

}  // namespace url_shortener
