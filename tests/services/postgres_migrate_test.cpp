// What common/postgres/migrate.h promises, against the private server.

#include "common/postgres/migrate.h"

#include <atomic>
#include <thread>

#include "tests/support/postgres_support.h"

using namespace common;
using namespace common::postgres;
using testing::expect;
using testing::new_schema;
using testing::with_pool;
using namespace std::chrono_literals;

namespace {

constexpr Migration history[] = {
    {1, "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i -- all"},
    {2, "ALTER TABLE t ADD COLUMN words text"},
    {3, "CREATE INDEX CONCURRENTLY t_by_n ON t (n)", Migration::alone},
    {4, "INSERT INTO t VALUES (0, 0, 'once')"},
};

std::string failure_of_migrating(const std::string& url, std::span<const Migration> migrations,
                                 MigrateOptions options = {}) {
  try {
    migrate(url, migrations, options);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("migrations are run once, in order, and recorded; the next start runs what is new") {
  const auto schema = new_schema();
  if (!schema) return;
  migrate(schema->url(), std::span(history).first(2));
  CHECK(schema->ask("SELECT count(*) FROM schema_migrations") == "2");
  migrate(schema->url(), history);
  migrate(schema->url(), history);
  CHECK(schema->ask("SELECT string_agg(number::text, ',' ORDER BY number) FROM schema_migrations") == "1,2,3,4");
  CHECK(schema->ask("SELECT count(*) FROM t WHERE words = 'once'") == "1");
  CHECK(schema->ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_by_n'::regclass") == "t");
}

TEST_CASE("programs that start at once run each migration once") {
  const auto schema = new_schema();
  if (!schema) return;
  std::vector<std::thread> programs;
  std::vector<std::string> failures(6);
  for (auto& failure : failures) {
    programs.emplace_back([&] { failure = failure_of_migrating(schema->url(), history); });
  }
  for (auto& program : programs)
    program.join();
  for (const auto& failure : failures)
    CHECK(failure.empty());
  CHECK(schema->ask("SELECT count(*) FROM t") == "1001");
}

TEST_CASE("a schema that a newer program wrote is refused and left alone") {
  const auto schema = new_schema();
  if (!schema) return;
  migrate(schema->url(), history);
  const std::string said = failure_of_migrating(schema->url(), std::span(history).first(2));
  CHECK(said.find("has schema version 4, this program knows up to 2: a newer one wrote it") != std::string::npos);
  CHECK(schema->ask("SELECT count(*) FROM schema_migrations") == "4");
}

TEST_CASE("a migration that fails leaves nothing behind, and the next start tries it again") {
  const auto schema = new_schema();
  if (!schema) return;
  constexpr Migration broken[] = {{1, "CREATE TABLE a (id int); CREATE TABLE b (id no_such_type)"}};
  const std::string said = failure_of_migrating(schema->url(), broken);
  CHECK(said.find("migration 1: type \"no_such_type\" does not exist (SQLSTATE 42704)") != std::string::npos);
  CHECK(schema->ask("SELECT to_regclass('a') IS NULL") == "t");
  constexpr Migration mended[] = {{1, "CREATE TABLE a (id int); CREATE TABLE b (id int)"}};
  migrate(schema->url(), mended);
  CHECK(schema->ask("SELECT to_regclass('b') IS NULL") == "f");
}

TEST_CASE("numbers with a gap, and a server that can't be reached, are said in one line") {
  constexpr Migration gap[] = {{1, "SELECT 1"}, {3, "SELECT 1"}};
  CHECK(failure_of_migrating("postgres://127.0.0.1:1/x", gap) == "migrations are not numbered 1, 2, 3, …");
  const std::string said = failure_of_migrating("postgres://anna:secret@127.0.0.1:1/x", history);
  CHECK(said.starts_with("127.0.0.1:1/x: "));
  CHECK(said.find("secret") == std::string::npos);
  CHECK(said.find('\n') == std::string::npos);
}

TEST_CASE("a migration that waits for a lock makes nobody wait behind it for long") {
  const auto schema = new_schema();
  if (!schema) return;
  migrate(schema->url(), std::span(history).first(1));
  testing::PlainPostgres reader(schema->url());
  reader.ask("BEGIN");
  reader.ask("SELECT * FROM t LIMIT 1");  // and does not end its transaction
  const MigrateOptions quick{.patience = 20s, .lock_timeout = 20ms};
  std::atomic<bool> done = false;
  std::thread migration([&] {
    CHECK_NOTHROW(migrate(schema->url(), std::span(history).first(2), quick));
    done = true;
  });
  with_pool({.url = schema->url()}, [&](Pool& pool) -> Task<> {
    for (int i = 0; i < 50; ++i) {
      expect(co_await pool.read("SELECT n FROM t WHERE id = $1", i));
      co_await sleep_for(5ms);  // meanwhile the migration tries again and again
    }
    CHECK_FALSE(done);
  });
  reader.ask("COMMIT");
  migration.join();
  CHECK(done);
  CHECK(failure_of_migrating(schema->url(), history).empty());
}

TEST_CASE("a migration that never gets its lock gives up when its patience is over") {
  const auto schema = new_schema();
  if (!schema) return;
  migrate(schema->url(), std::span(history).first(1));
  testing::PlainPostgres reader(schema->url());
  reader.ask("BEGIN");
  reader.ask("SELECT * FROM t LIMIT 1");
  const std::string said = failure_of_migrating(schema->url(), history, {.patience = 100ms, .lock_timeout = 20ms});
  CHECK(said.find("waited too long for a lock that migration 2 needs") != std::string::npos);
}

TEST_CASE("statements of running servers go on while migrations change their table") {
  const auto schema = new_schema();
  if (!schema) return;
  migrate(schema->url(), std::span(history).first(1));
  with_pool({.url = schema->url(), .deadline = 20s}, [&](Pool& pool) -> Task<> {
    std::atomic<bool> done = false;
    std::string failure;
    std::thread migration([&] {
      failure = failure_of_migrating(schema->url(), history);
      done = true;
    });
    for (int i = 0; !done; ++i) {
      expect(co_await pool.read("SELECT * FROM t WHERE id = $1", i % 1000));
      expect(co_await pool.write("UPDATE t SET n = n + 1 WHERE id = $1", i % 1000));
    }
    migration.join();
    CHECK(failure.empty());
    auto rows = expect(co_await pool.read("SELECT * FROM t WHERE id = 0"));
    REQUIRE(rows.next());
    CHECK(rows.text(2) == "once");
  });
}
