#include "cache_aside/store_sqlite.h"

#include <array>

#include "embedded/cache_aside_0001_users.h"
#include "embedded/cache_aside_0002_posts.h"

namespace cache_aside {
namespace {

using common::sqlite::Migration;

common::sqlite::OpenOptions up_to_date(const std::filesystem::path& folder) {
  common::sqlite::OpenOptions file;
  file.file = folder / "cache_aside.db";
  const std::array migrations{Migration{1, embedded::cache_aside_0001_users},
                              Migration{2, embedded::cache_aside_0002_posts}};
  common::sqlite::Database database(file);
  common::sqlite::migrate(database, migrations);
  return file;
}

}  // namespace

StoreSqlite::StoreSqlite(const std::filesystem::path& folder, common::sqlite::GroupWriter::Options options)
    : file_(up_to_date(folder)), writer_(file_, options), readers_(file_) {}

}  // namespace cache_aside
