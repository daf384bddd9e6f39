#include "common/postgres/migrate.h"

#include <stdexcept>
#include <thread>

#include "common/clock.h"
#include "common/log.h"
#include "common/postgres/libpq.h"
#include "common/postgres/target.h"

namespace common::postgres {
namespace {

constexpr std::chrono::milliseconds between_attempts{100};
constexpr std::string_view lock_not_available = "55P03";

ConnectionPtr connect(const std::string& url) {
  // The URL comes second, and what it says wins.
  const char* const keywords[] = {"connect_timeout", "dbname", nullptr};
  const char* const values[] = {"10", url.c_str(), nullptr};
  return ConnectionPtr(PQconnectdbParams(keywords, values, 1));
}

class Migrator {
 public:
  Migrator(const std::string& url, MigrateOptions options)
      : options_(options), target_(url), connection_(connect(url)) {
    if (!connection_ || PQstatus(connection_.get()) != CONNECTION_OK) {
      fail(target_.printable(PQerrorMessage(connection_.get())));
    }
    PQsetNoticeReceiver(
        connection_.get(), [](void*, const PGresult*) {}, nullptr);
    execute("SET statement_timeout = 0");  // the role's own is for small statements
  }

  void run(std::span<const Migration> migrations) {
    take_turn();
    execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations "
        "(number int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())");
    const int version = std::stoi(ask("SELECT coalesce(max(number), 0) FROM schema_migrations"));
    const int last = migrations.empty() ? 0 : migrations.back().number;
    if (version > last) {
      throw std::runtime_error(target_.address() + " has schema version " + std::to_string(version) +
                               ", this program knows up to " + std::to_string(last) + ": a newer one wrote it");
    }
    for (const Migration& migration : migrations) {
      if (migration.number > version) apply(migration);
    }
  }

 private:
  // A blocked pg_advisory_lock() would be a statement under way, with a snapshot; CREATE INDEX CONCURRENTLY waits for
  // all of those to end, and the two would wait for each other. So nobody waits in the server. The lock goes with the
  // connection.
  void take_turn() {
    while (ask("SELECT pg_try_advisory_lock(hashtextextended(current_schema(), 20261122))") != "t")
      pause("another process to migrate");
  }

  void apply(const Migration& migration) {
    const std::string sql(migration.sql);
    const std::string record =
        "INSERT INTO schema_migrations (number) VALUES (" + std::to_string(migration.number) + ")";
    const std::string name = "migration " + std::to_string(migration.number);
    if (migration.mode == Migration::alone) {
      execute("SET lock_timeout = 0");
      execute(sql, name + ": ");
      execute(record);
    } else {
      execute("SET lock_timeout = " + std::to_string(options_.lock_timeout.count()));
      while (!apply_in_transaction(name, "BEGIN;" + sql + "\n;" + record))
        pause("a lock that " + name + " needs");
    }
    log::info("migrated", {{"server", target_.address()}, {"number", migration.number}});
  }

  // False when another session had what it needed to lock: nothing was done.
  bool apply_in_transaction(const std::string& name, const std::string& sql) {
    const auto error = error_of(query(sql));
    if (error) execute("ROLLBACK");
    if (error && error->is(lock_not_available)) return false;
    if (error) fail(name + ": " + error->message);
    execute("COMMIT");
    return true;
  }

  void pause(const std::string& for_what) {
    if (std::chrono::steady_clock::now() > give_up_at_) fail("waited too long for " + for_what);
    std::this_thread::sleep_for(between_attempts);
  }

  ResultPtr query(const std::string& sql) const { return ResultPtr(PQexec(connection_.get(), sql.c_str())); }

  std::optional<SqlError> error_of(const ResultPtr& result) const {
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return std::nullopt;
    if (PQresultErrorField(result.get(), PG_DIAG_SQLSTATE) != nullptr) return to_error(*result);
    return SqlError{{Failure::unavailable, target_.printable(PQerrorMessage(connection_.get()))}};
  }

  [[noreturn]] void fail(const std::string& why) const { throw std::runtime_error(target_.address() + ": " + why); }

  ResultPtr execute(const std::string& sql, const std::string& what = "") const {
    ResultPtr result = query(sql);
    if (const auto error = error_of(result)) fail(what + error->message);
    return result;
  }
  std::string ask(const std::string& sql) const { return PQgetvalue(execute(sql).get(), 0, 0); }

  const MigrateOptions options_;
  const Instant give_up_at_ = std::chrono::steady_clock::now() + options_.patience;
  const Target target_;
  const ConnectionPtr connection_;
};

}  // namespace

void migrate(const std::string& url, std::span<const Migration> migrations, MigrateOptions options) {
  int last = 0;
  for (const Migration& migration : migrations) {
    if (migration.number != ++last) throw std::runtime_error("migrations are not numbered 1, 2, 3, …");
  }
  Migrator(url, options).run(migrations);
}

}  // namespace common::postgres
