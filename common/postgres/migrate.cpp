#include "common/postgres/migrate.h"

#include <stdexcept>
#include <thread>

#include "common/clock.h"
#include "common/log.h"
#include "common/postgres/blocking.h"

namespace common::postgres {
namespace {

constexpr std::chrono::milliseconds between_attempts{100};
constexpr std::string_view lock_not_available = "55P03";

class Migrator {
 public:
  Migrator(const std::string& url, MigrateOptions options) : options_(options), server_(url) {}

  void run(std::span<const Migration> migrations) {
    take_turn();
    server_.run(
        "CREATE TABLE IF NOT EXISTS schema_migrations "
        "(number int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())");
    const int version = std::stoi(server_.ask("SELECT coalesce(max(number), 0) FROM schema_migrations"));
    const int last = migrations.empty() ? 0 : migrations.back().number;
    if (version > last) {
      throw std::runtime_error(server_.address() + " has schema version " + std::to_string(version) +
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
    while (server_.ask("SELECT pg_try_advisory_lock(hashtextextended(current_schema(), 20261122))") != "t")
      pause("another process to migrate");
  }

  void apply(const Migration& migration) {
    const std::string sql(migration.sql);
    const std::string record =
        "INSERT INTO schema_migrations (number) VALUES (" + std::to_string(migration.number) + ")";
    const std::string name = "migration " + std::to_string(migration.number);
    if (migration.mode == Migration::alone) {
      server_.run("SET lock_timeout = 0");
      if (const auto error = server_.try_run(sql)) server_.fail(name + ": " + error->message);
      server_.run(record);
    } else {
      server_.run("SET lock_timeout = " + std::to_string(options_.lock_timeout.count()));
      while (!apply_in_transaction(name, "BEGIN;" + sql + "\n;" + record))
        pause("a lock that " + name + " needs");
    }
    log::info("migrated", {{"server", server_.address()}, {"number", migration.number}});
  }

  // False when another session had what it needed to lock: nothing was done.
  bool apply_in_transaction(const std::string& name, const std::string& sql) {
    const auto error = server_.try_run(sql);
    if (error) server_.run("ROLLBACK");
    if (error && error->is(lock_not_available)) return false;
    if (error) server_.fail(name + ": " + error->message);
    server_.run("COMMIT");
    return true;
  }

  void pause(const std::string& for_what) {
    if (std::chrono::steady_clock::now() > give_up_at_) server_.fail("waited too long for " + for_what);
    std::this_thread::sleep_for(between_attempts);
  }

  const MigrateOptions options_;
  const Instant give_up_at_ = std::chrono::steady_clock::now() + options_.patience;
  Blocking server_;
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
