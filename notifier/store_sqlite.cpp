#include "notifier/store_sqlite.h"

#include <array>

#include "common/random.h"
#include "embedded/notifier_0001.h"

namespace notifier {
namespace {

using common::sqlite::Database;
using common::sqlite::Migration;
using common::sqlite::OpenOptions;

OpenOptions up_to_date(const std::filesystem::path& folder) {
  OpenOptions file;
  file.file = folder / "notifier.db";
  file.busy_timeout = std::chrono::seconds{20};  // workers commit thousands of rows at a time
  const std::array migrations{Migration{1, embedded::notifier_0001}};
  Database database(file);
  common::sqlite::migrate(database, migrations);
  return file;
}

}  // namespace

StoreSqlite::StoreSqlite(const std::filesystem::path& folder)
    : file_(up_to_date(folder)), writer_(file_, {}), readers_(file_) {}

std::string StoreSqlite::secret(const std::string& name) {
  std::string fresh(32, '\0');
  common::SecureRandom::fill(std::as_writable_bytes(std::span(fresh)));
  Database database(file_);
  database.run("INSERT OR IGNORE INTO secrets VALUES (?, ?)", name, common::sqlite::Blob{fresh});
  auto row = database.query("SELECT value FROM secrets WHERE name = ?", name);
  row.next();
  return std::string(row.blob(0));
}

}  // namespace notifier
