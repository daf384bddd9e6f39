#include "cache_aside/store_postgres.h"

#include <array>
#include <stdexcept>

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

// Asked once, before the server starts, on a runtime of its own: it blocks.
std::string read_identity(const std::string& url) {
  common::Runtime runtime(1);
  common::postgres::Pool pool(runtime, pool_options(url, 1));
  std::string identity;
  const auto ask = [&]() -> common::Task<> {
    auto rows = co_await pool.read("SELECT id FROM identity");
    co_await pool.stop();
    if (rows.has_error()) throw std::runtime_error(rows.error().message);
    if (rows->next()) identity = rows->text(0);
  };
  runtime.run(ask());
  return identity;
}

}  // namespace

StorePostgres::StorePostgres(common::Runtime& runtime, Options options)
    : pool_(runtime, up_to_date(options)), identity_(read_identity(options.url)) {
  if (options.read_url.empty()) return;
  replica_ = std::make_unique<common::postgres::Pool>(runtime, pool_options(options.read_url, options.connections));
}

void StorePostgres::watch_replica(common::Runtime& runtime, common::Metrics& metrics) {
  metrics.counter_of("replica_reads_total", "queries sent to the replica",
                     [this] { return static_cast<double>(replica_reads()); });
  metrics.counter_of("replica_behind_total", "of them, those that the primary had to answer: the replica was behind",
                     [this] { return static_cast<double>(replica_behind()); });
  metrics.gauge_of("replica_lag_seconds", "how far the replica says that it is behind",
                   [this] { return static_cast<double>(lag_us_.load(std::memory_order_relaxed)) / 1e6; });
  common::spawn(runtime.executor(), "replica lag", ask_for_lag());
}

common::Task<> StorePostgres::ask_for_lag() {
  for (;;) {
    // A replica that has replayed all that it receives is not behind, however long ago the last change was.
    auto rows = co_await replica_->read(
        "SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()"
        "            AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver) THEN 0"
        " ELSE coalesce((extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1e6)::bigint, 0) "
        "END");
    if (rows.has_value() && rows->next()) lag_us_.store(rows->integer(0), std::memory_order_relaxed);
    if (rows.has_error() && rows.error().kind == common::Failure::closed) co_return;
    co_await common::sleep_for(std::chrono::seconds{1});
  }
}

common::Task<> StorePostgres::stop() {
  co_await pool_.stop();
  if (replica_) co_await replica_->stop();
}

}  // namespace cache_aside
