#include "url_shortener/store_sqlite.h"

#include <array>

#include "embedded/migration_0001_links.h"
#include "embedded/migration_0002_clicks.h"
#include "embedded/migration_0003_ids.h"
#include "embedded/migration_0004_codes.h"
#include "embedded/migration_0005_words.h"
#include "embedded/migration_0006_reuse.h"
#include "embedded/migration_0007_click_writers.h"

namespace url_shortener {
namespace {

using common::sqlite::Database;
using common::sqlite::Migration;
using common::sqlite::OpenOptions;

OpenOptions up_to_date(const std::filesystem::path& folder) {
  OpenOptions file;
  file.file = folder / "url_shortener.db";
  const std::array migrations{
      Migration{1, embedded::migration_0001_links},         Migration{2, embedded::migration_0002_clicks},
      Migration{3, embedded::migration_0003_ids},           Migration{4, embedded::migration_0004_codes},
      Migration{5, embedded::migration_0005_words},         Migration{6, embedded::migration_0006_reuse},
      Migration{7, embedded::migration_0007_click_writers},
  };
  Database database(file);
  common::sqlite::migrate(database, migrations);
  return file;
}

}  // namespace

StoreSqlite::StoreSqlite(const std::filesystem::path& folder, common::sqlite::GroupWriter::Options options)
    : file_(up_to_date(folder)), writer_(file_, options), readers_(file_) {}

}  // namespace url_shortener
