// The SQLite file that all the stores share: one writer that commits in groups, a reading connection a thread.
//
// Any number of processes on one host may open the same folder; they behave as one. The file is created and its schema
// brought up to date (migrations/) when missing. Thread-safe.
//
// The stores on top refer to this: they go first. stop() before the io_contexts of its callers go.

#pragma once

#include <concepts>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>

#include "common/result.h"
#include "common/sqlite/group_writer.h"
#include "common/sqlite/reader_pool.h"

namespace cache_aside {

class StoreSqlite {
 public:
  // Opens `folder`/cache_aside.db. Throws std::exception with a line for people: no permission, not a database, a newer
  // program's schema.
  explicit StoreSqlite(const std::filesystem::path& folder, common::sqlite::GroupWriter::Options options = {});

  common::sqlite::GroupWriter& writer() noexcept { return writer_; }
  // Names this data.
  std::string identity() {
    auto id = read([](common::sqlite::Database& database) {
      auto rows = database.query("SELECT id FROM identity");
      return rows.next() ? std::string(rows.text(0)) : std::string();
    });
    return std::move(id).value();
  }

  // Commits what was accepted, refuses what comes later. Blocks for a commit or two.
  void stop() { writer_.stop(); }

  // `query(database)` at once, on this thread's connection.
  template <std::invocable<common::sqlite::Database&> Query>
  auto read(Query query) -> common::Result<std::invoke_result_t<Query, common::sqlite::Database&>> {
    return common::sqlite::guarded([&] { return query(readers_.local()); });
  }

 private:
  const common::sqlite::OpenOptions file_;
  common::sqlite::GroupWriter writer_;
  common::sqlite::ReaderPool readers_;
};

}  // namespace cache_aside
