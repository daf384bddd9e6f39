#include "common/sqlite/database.h"

#include <stdexcept>
#include <thread>
#include <utility>

namespace common::sqlite {
namespace {

int open_flags(const OpenOptions& options) noexcept {
  // Read-only connections open for writing too: reading a WAL file takes locks in its shared memory.
  return SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX | (options.read_only ? 0 : SQLite::OPEN_CREATE);
}

const OpenOptions& with_folders(const OpenOptions& options) {
  if (!options.read_only && options.file.has_parent_path()) {
    std::filesystem::create_directories(options.file.parent_path());
  }
  return options;
}

// Waiting for another process's group to be committed: a millisecond or so. SQLite's own handler soon sleeps a
// tenth of a second at a time, and a busy neighbour then gets nearly all the turns.
int wait_for_lock(void* options, int attempts) {
  using namespace std::chrono_literals;
  constexpr auto nap = 500us;
  if (attempts * nap > static_cast<const OpenOptions*>(options)->busy_timeout) return 0;
  std::this_thread::sleep_for(nap);
  return 1;
}

// A new file changes to WAL under an exclusive lock, for which SQLite does not call the busy handler.
void enter_wal_mode(SQLite::Database& connection, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (connection.tryExec("PRAGMA journal_mode = WAL") != SQLITE_OK) {
    if (connection.getErrorCode() != SQLITE_BUSY || std::chrono::steady_clock::now() > deadline) {
      throw SQLite::Exception(connection.getHandle(), connection.getErrorCode());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

}  // namespace

Database::Database(const OpenOptions& options)
    : options_(with_folders(options)), connection_(options.file.string(), open_flags(options), 0, options.vfs) {
  configure();
}

// Throws SQLite::Exception with the file's name, which SQLite itself does not say.
void Database::configure() try {
  sqlite3_busy_handler(handle(), wait_for_lock, &options_);
  enter_wal_mode(connection_, options_.busy_timeout);
  execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY");
  execute("PRAGMA mmap_size = " + std::to_string(options_.mmap_bytes));
  execute("PRAGMA cache_size = -" + std::to_string(options_.cache_kib));
  if (options_.read_only) execute("PRAGMA query_only = ON");
} catch (const SQLite::Exception& failure) {
  throw SQLite::Exception(options_.file.string() + ": " + failure.what(), failure.getErrorCode());
}

void Database::check(int status) const {
  if (status != SQLITE_OK) throw SQLite::Exception(handle(), status);
}

sqlite3_stmt* Database::prepared(std::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) {
    return found->second.get();
  }
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                           nullptr));
  return statements_.emplace(sql, Statement(statement)).first->second.get();
}

void Database::bind(sqlite3_stmt* statement, int index, sqlite3_destructor_type lifetime, std::string_view text) {
  const char* data = text.data() != nullptr ? text.data() : "";  // a null pointer would bind NULL
  check(sqlite3_bind_text(statement, index, data, static_cast<int>(text.size()), lifetime));
}

void Database::bind(sqlite3_stmt* statement, int index, sqlite3_destructor_type lifetime, Blob blob) {
  const char* data = blob.bytes.data() != nullptr ? blob.bytes.data() : "";
  check(sqlite3_bind_blob(statement, index, data, static_cast<int>(blob.bytes.size()), lifetime));
}

void Database::bind(sqlite3_stmt* statement, int index, sqlite3_destructor_type, TimePoint time) {
  check(sqlite3_bind_int64(statement, index, time.time_since_epoch().count()));
}

void Database::bind(sqlite3_stmt* statement, int index, sqlite3_destructor_type, std::nullopt_t) {
  check(sqlite3_bind_null(statement, index));
}

bool Rows::next() {
  const int status = sqlite3_step(statement_);
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  throw SQLite::Exception(sqlite3_db_handle(statement_), status);
}

std::string_view Rows::text(int column) const noexcept {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view Rows::blob(int column) const noexcept {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void migrate(Database& database, std::span<const Migration> migrations) {
  int last = 0;
  for (const auto& migration : migrations) {
    if (migration.number != ++last) {
      throw std::runtime_error("migrations are not numbered 1, 2, 3, …");
    }
  }
  SQLite::Database& connection = database.connection();
  connection.exec("BEGIN IMMEDIATE");
  try {
    const int version = connection.execAndGet("PRAGMA user_version").getInt();
    if (version > last) {
      throw std::runtime_error(database.options().file.string() + " has schema version " + std::to_string(version) +
                               ", this program knows up to " + std::to_string(last) +
                               ": it was written by a newer one");
    }
    for (const auto& migration : migrations) {
      if (migration.number > version) connection.exec(std::string(migration.sql));
    }
    connection.exec("PRAGMA user_version = " + std::to_string(last));
    connection.exec("COMMIT");
  } catch (...) {
    connection.tryExec("ROLLBACK");
    throw;
  }
}

Error to_error(const std::exception& error) {
  const auto* sqlite_error = dynamic_cast<const SQLite::Exception*>(&error);
  if (sqlite_error == nullptr) return {Failure::internal, error.what()};
  switch (sqlite_error->getErrorCode() & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return {Failure::unavailable, error.what()};
    default:
      return {Failure::internal, error.what()};
  }
}

}  // namespace common::sqlite
