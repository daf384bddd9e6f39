// What the tests of common/sqlite share.
#pragma once

#include <stdexcept>
#include <string_view>

#include "common/sqlite/group_writer.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace common::sqlite {

// A file with one table, t.
inline OpenOptions new_file(const testing::TempFolder& folder) {
  OpenOptions options;
  options.file = folder.path() / "test.db";
  Database database(options);
  database.execute("CREATE TABLE t (i INTEGER PRIMARY KEY, bytes BLOB)");
  return options;
}

inline std::int64_t count(const OpenOptions& file, std::string_view sql = "SELECT count(*) FROM t") {
  Database database(file);
  auto rows = database.query(sql);
  REQUIRE(rows.next());
  return rows.integer(0);
}

inline Task<Result<int>> insert(GroupWriter& writer, int i) {
  co_return co_await writer.write([i](Database& database) { return database.run("INSERT INTO t (i) VALUES (?)", i); });
}

// The value, or an exception: Catch's assertions are for the main thread only.
template <class T>
T expect(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace common::sqlite
