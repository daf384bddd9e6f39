// One connection to one SQLite file, opened the way this project means it, with its statements cached.
//
// The recipe: WAL, so that readers and one writer work side by side, in any number of processes on one host;
// synchronous=FULL, so that what was committed survives the power failing; foreign keys checked; the file
// memory-mapped for reading; a busy connection waits, then gives up. Durable and many at once is
// group_writer.h; reading from many threads is reader_pool.h.
//
//   auto rows = database.query("SELECT long_url FROM links WHERE code = ?", code);
//   if (rows.next()) use(rows.text(0));
//
// Thread rule: a Database and its Rows belong to one thread at a time (opened with NOMUTEX). A Rows that lives
// holds a read transaction open, and no checkpoint gets past it: never keep one across a co_await.
// Errors: every function throws SQLite::Exception unless it says otherwise; to_error() turns one into an Error.

#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <cassert>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/clock.h"
#include "common/result.h"
#include "common/text.h"

namespace common::sqlite {

struct OpenOptions {
  std::filesystem::path file = {};  // created with its folders when missing
  std::chrono::milliseconds busy_timeout{5000};
  std::int64_t mmap_bytes = std::int64_t{256} << 20;
  int cache_kib = 16 * 1024;  // page cache of this connection
  bool read_only = false;     // refuses writes; the file must exist
  std::string vfs = {};       // "": SQLite's default
};

// Schema changes, numbered 1, 2, 3, … without gaps. A number that was released never changes its SQL.
struct Migration {
  int number = 0;
  std::string_view sql;  // any number of statements
};

// Bytes that are not text.
struct Blob {
  std::string_view bytes;
};

// The rows of a statement under way; the statement is reset when this goes. Columns count from 0. What text()
// and blob() return lives until next() or the end.
class Rows {
 public:
  explicit Rows(sqlite3_stmt* statement) noexcept : statement_(statement) {}
  Rows(Rows&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Rows& operator=(Rows&&) = delete;
  ~Rows() {
    if (statement_ != nullptr) sqlite3_reset(statement_);
  }

  // Moves to the next row; false after the last.
  bool next();

  bool is_null(int column) const noexcept { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const noexcept { return sqlite3_column_int64(statement_, column); }
  std::string_view text(int column) const noexcept;
  std::string_view blob(int column) const noexcept;
  TimePoint time(int column) const noexcept { return TimePoint{std::chrono::microseconds{integer(column)}}; }

 private:
  sqlite3_stmt* statement_;
};

class Database {
 public:
  explicit Database(const OpenOptions& options);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const OpenOptions& options() const noexcept { return options_; }
  SQLite::Database& connection() noexcept { return connection_; }
  sqlite3* handle() const noexcept { return connection_.getHandle(); }

  // Runs SQL that is not worth caching: any number of statements, no parameters.
  void execute(const std::string& sql) { connection_.exec(sql); }

  // Prepares `sql` once and keeps it; binds `arguments` to its parameters in order. Arguments are integers,
  // text, Blob, TimePoint (microseconds), std::nullopt or std::optional of these. They are copied.
  template <class... Arguments>
  Rows query(std::string_view sql, const Arguments&... arguments) {
    sqlite3_stmt* statement = prepared(sql);
    bind_all(statement, SQLITE_TRANSIENT, arguments...);
    return Rows(statement);
  }

  // The same for a statement without rows, at once. Answers how many rows it changed.
  template <class... Arguments>
  int run(std::string_view sql, const Arguments&... arguments) {
    sqlite3_stmt* statement = prepared(sql);
    bind_all(statement, SQLITE_STATIC, arguments...);
    Rows rows(statement);
    while (rows.next()) {
    }
    return sqlite3_changes(handle());
  }

  // For how long a busy connection waits from now on.
  void set_busy_timeout(std::chrono::milliseconds timeout) noexcept { options_.busy_timeout = timeout; }

  // Whether a transaction is open. SQLite ends one by itself when the disk is full or fails.
  bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle()) == 0; }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  sqlite3_stmt* prepared(std::string_view sql);

  template <class... Arguments>
  void bind_all([[maybe_unused]] sqlite3_stmt* statement, [[maybe_unused]] sqlite3_destructor_type lifetime,
                const Arguments&... arguments) {
    assert(sqlite3_bind_parameter_count(statement) == sizeof...(arguments));
    [[maybe_unused]] int index = 0;
    (bind(statement, ++index, lifetime, arguments), ...);
  }
  template <std::integral Integer>
  void bind(sqlite3_stmt* statement, int index, sqlite3_destructor_type, Integer value) {
    check(sqlite3_bind_int64(statement, index, static_cast<std::int64_t>(value)));
  }
  template <class T>
  void bind(sqlite3_stmt* statement, int index, sqlite3_destructor_type lifetime, const std::optional<T>& value) {
    if (value) {
      bind(statement, index, lifetime, *value);
    } else {
      bind(statement, index, lifetime, std::nullopt);
    }
  }
  void bind(sqlite3_stmt*, int index, sqlite3_destructor_type, std::string_view text);
  void bind(sqlite3_stmt*, int index, sqlite3_destructor_type, Blob blob);
  void bind(sqlite3_stmt*, int index, sqlite3_destructor_type, TimePoint time);
  void bind(sqlite3_stmt*, int index, sqlite3_destructor_type, std::nullopt_t);

  void check(int status) const;
  void configure();

  OpenOptions options_;
  SQLite::Database connection_;
  std::unordered_map<std::string, Statement, StringHash, std::equal_to<>> statements_;
};

// Brings the schema up to the last of `migrations`; PRAGMA user_version says how far it is. All that are missing
// run in one transaction that excludes other writers, so several processes may start at once: one migrates, the
// others wait and find it done. Throws std::runtime_error, changing nothing, for a database newer than the
// program, and for migrations that are not numbered 1, 2, 3, ….
void migrate(Database& database, std::span<const Migration> migrations);

// What a failure means to a caller: full disk, busy file and I/O errors are `unavailable`, anything else
// (constraints, bad SQL, exceptions that are not SQLite's) is `internal`.
Error to_error(const std::exception& error);

// `read()`, or the Error it threw: for reads made inline.
template <std::invocable Read>
Result<std::invoke_result_t<Read>> guarded(Read read) {
  try {
    return read();
  } catch (const std::exception& error) {
    return to_error(error);
  }
}

}  // namespace common::sqlite
