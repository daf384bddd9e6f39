#include "cache_aside/store_postgres.h"

#include <array>

#include "common/postgres/migrate.h"
#include "embedded/cache_aside_postgres_0001_users.h"
#include "embedded/cache_aside_postgres_0002_posts.h"

namespace cache_aside {
namespace {

common::postgres::Options pool_options(const std::string& url, std::size_t connections) {
  common::postgres::Options pool;
  pool.url = url;
  pool.connections = connections;
  return pool;
}

common::postgres::Options up_to_date(const StorePostgres::Options& options) {
  using common::postgres::Migration;
  const std::array migrations{Migration{1, embedded::cache_aside_postgres_0001_users},
                              Migration{2, embedded::cache_aside_postgres_0002_posts}};
  common::postgres::migrate(options.url, migrations);
  return pool_options(options.url, options.connections);
}

}  // namespace

StorePostgres::StorePostgres(common::Runtime& runtime, Options options) : pool_(runtime, up_to_date(options)) {
  if (options.read_url.empty()) return;
  replica_ = std::make_unique<common::postgres::Pool>(runtime, pool_options(options.read_url, options.connections));
}

common::Task<double> StorePostgres::replica_lag() {
  if (!replica_) co_return 0;
  auto rows = co_await replica_->read(
      "SELECT coalesce((extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1e6)::bigint, 0)");
  if (rows.has_error() || !rows->next()) co_return 0;
  co_return static_cast<double>(rows->integer(0)) / 1e6;
}

common::Task<> StorePostgres::stop() {
  co_await pool_.stop();
  if (replica_) co_await replica_->stop();
}

}  // namespace cache_aside
