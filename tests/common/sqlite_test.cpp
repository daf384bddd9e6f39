#include <atomic>
#include <barrier>
#include <fstream>
#include <thread>

#include "common/sqlite/database.h"
#include "common/sqlite/log_vfs.h"
#include "common/sqlite/reader_pool.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

using namespace common;
using namespace common::sqlite;

namespace {

OpenOptions file_in(const testing::TempFolder& folder) {
  OpenOptions options;
  options.file = folder.path() / "a" / "b" / "test.db";
  return options;
}

std::int64_t number(Database& database, std::string_view sql) {
  auto rows = database.query(sql);
  REQUIRE(rows.next());
  return rows.integer(0);
}

}  // namespace

TEST_CASE("a database is opened in WAL mode with full durability, in folders made for it") {
  const testing::TempFolder folder;
  Database database(file_in(folder));
  CHECK(database.query("PRAGMA journal_mode").next());
  auto mode = database.query("PRAGMA journal_mode");
  REQUIRE(mode.next());
  CHECK(mode.text(0) == "wal");
  CHECK(number(database, "PRAGMA synchronous") == 2);
  CHECK(number(database, "PRAGMA foreign_keys") == 1);
}

TEST_CASE("what is bound to a statement comes back as it was") {
  const testing::TempFolder folder;
  Database database(file_in(folder));
  database.execute("CREATE TABLE t (i, b, e, n, o, x, time)");
  const std::string bytes("a\0b\xFF", 4);
  const TimePoint time{std::chrono::microseconds{1'750'000'000'123'456}};
  const std::optional<std::uint64_t> seven = 7;
  CHECK(database.run("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", -5, Blob{bytes}, std::string_view(), std::nullopt,
                     seven, std::optional<TimePoint>(), time) == 1);

  auto rows = database.query("SELECT * FROM t");
  REQUIRE(rows.next());
  CHECK(rows.integer(0) == -5);
  CHECK(rows.blob(1) == bytes);
  CHECK_FALSE(rows.is_null(2));
  CHECK(rows.text(2).empty());
  CHECK(rows.is_null(3));
  CHECK(rows.integer(4) == 7);
  CHECK(rows.is_null(5));
  CHECK(rows.time(6) == time);
  CHECK_FALSE(rows.next());
}

TEST_CASE("a statement can be run again after its rows were left in the middle") {
  const testing::TempFolder folder;
  Database database(file_in(folder));
  database.execute("CREATE TABLE t (i); INSERT INTO t VALUES (1), (2), (3)");
  for (int round = 0; round < 2; ++round) {
    auto rows = database.query("SELECT i FROM t WHERE i >= ? ORDER BY i", 2);
    REQUIRE(rows.next());
    CHECK(rows.integer(0) == 2);
  }
  CHECK_THROWS_AS(database.query("SELECT nonsense FROM t"), SQLite::Exception);
}

TEST_CASE("migrations are applied once and in order, and later ones are added") {
  const testing::TempFolder folder;
  Database database(file_in(folder));
  const Migration all[] = {{1, "CREATE TABLE t (i); INSERT INTO t VALUES (1)"},
                           {2, "UPDATE t SET i = i + 10"},
                           {3, "UPDATE t SET i = i * 2"}};
  migrate(database, std::span(all).first(2));
  CHECK(number(database, "SELECT i FROM t") == 11);
  migrate(database, all);
  migrate(database, all);
  CHECK(number(database, "SELECT i FROM t") == 22);
  CHECK(number(database, "PRAGMA user_version") == 3);
}

TEST_CASE("a database newer than the program is refused and left alone") {
  const testing::TempFolder folder;
  Database database(file_in(folder));
  database.execute("PRAGMA user_version = 7");
  const Migration known[] = {{1, "CREATE TABLE t (i)"}};
  std::string message;
  try {
    migrate(database, known);
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  CHECK(message.find("has schema version 7, this program knows up to 1") != std::string::npos);
  CHECK(number(database, "SELECT count(*) FROM sqlite_schema") == 0);
}

TEST_CASE("a migration that fails leaves nothing of itself or of those before it") {
  const testing::TempFolder folder;
  Database database(file_in(folder));
  const Migration broken[] = {{1, "CREATE TABLE t (i)"}, {2, "CREATE TABLE u (i); NONSENSE"}};
  CHECK_THROWS_AS(migrate(database, broken), SQLite::Exception);
  CHECK(number(database, "SELECT count(*) FROM sqlite_schema") == 0);
  CHECK_FALSE(database.in_transaction());
  const Migration gap[] = {{1, "CREATE TABLE t (i)"}, {3, "CREATE TABLE u (i)"}};
  CHECK_THROWS_AS(migrate(database, gap), std::runtime_error);
}

TEST_CASE("many that open and migrate a new database at once find it migrated exactly once") {
  const testing::TempFolder folder;
  const Migration steps[] = {{1, "CREATE TABLE t (i); INSERT INTO t VALUES (0)"}, {2, "UPDATE t SET i = i + 1"}};
  constexpr int openers = 8;
  std::barrier start(openers);
  std::atomic<int> ready = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < openers; ++i) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      try {
        Database database(file_in(folder));
        migrate(database, steps);
        auto rows = database.query("SELECT i FROM t");
        if (rows.next() && rows.integer(0) == 1) ++ready;
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  CHECK(ready == openers);
}

TEST_CASE("a file that is no database is refused") {
  const testing::TempFolder folder;
  OpenOptions options;
  options.file = folder.path() / "text.db";
  std::ofstream(options.file) << std::string(5000, 'x');
  CHECK_THROWS_AS(Database(options), SQLite::Exception);
}

TEST_CASE("each thread reads on its own connection, which sees what is committed and cannot write") {
  const testing::TempFolder folder;
  Database database(file_in(folder));
  database.execute("CREATE TABLE t (i); INSERT INTO t VALUES (1)");
  ReaderPool readers(file_in(folder));
  ReaderPool others(file_in(folder));

  Database& mine = readers.local();
  CHECK(&readers.local() == &mine);
  CHECK(&others.local() != &mine);
  CHECK(&readers.local() == &mine);
  Database* theirs = nullptr;
  std::thread([&] { theirs = &readers.local(); }).join();
  CHECK(theirs != &mine);

  CHECK(number(mine, "SELECT count(*) FROM t") == 1);
  database.execute("INSERT INTO t VALUES (2)");
  CHECK(number(mine, "SELECT count(*) FROM t") == 2);
  CHECK_THROWS_AS(mine.run("INSERT INTO t VALUES (3)"), SQLite::Exception);
}

TEST_CASE("a transaction larger than the cache is read, undone and committed through the log VFS") {
  const testing::TempFolder folder;
  auto file = file_in(folder);
  file.cache_kib = 64;
  Database plain(file);
  plain.execute("CREATE TABLE t (i INTEGER PRIMARY KEY, bytes BLOB)");
  file.vfs = log_vfs();
  Database database(file);
  const auto fill = [&] {
    database.execute("BEGIN IMMEDIATE");
    for (int i = 0; i < 1000; ++i)
      database.run("INSERT INTO t (bytes) VALUES (randomblob(3000))");
    CHECK(number(database, "SELECT sum(length(bytes)) FROM t") == 3'000'000);
    CHECK(number(plain, "SELECT count(*) FROM t") == 0);
  };
  fill();
  database.execute("ROLLBACK");
  CHECK(number(database, "SELECT count(*) FROM t") == 0);
  fill();
  database.execute("COMMIT");
  CHECK(number(plain, "SELECT sum(length(bytes)) FROM t") == 3'000'000);
  auto check = plain.query("PRAGMA integrity_check");
  REQUIRE(check.next());
  CHECK(check.text(0) == "ok");
}

TEST_CASE("a full disk and a busy file are unavailable while a bad statement is internal") {
  CHECK(to_error(SQLite::Exception("full", SQLITE_FULL)).kind == Failure::unavailable);
  CHECK(to_error(SQLite::Exception("busy", SQLITE_BUSY)).kind == Failure::unavailable);
  CHECK(to_error(SQLite::Exception("constraint", SQLITE_CONSTRAINT)).kind == Failure::internal);
  CHECK(to_error(std::runtime_error("bug")).kind == Failure::internal);
}
