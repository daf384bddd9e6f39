// ifExists=reuse of a URL with many links that no longer redirect. What it finds: link_store_contract_test.cpp.

#include <sqlite3.h>

#include "common/digest.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"
#include "url_shortener/link_rows_sqlite.h"
#include "url_shortener/store_sqlite.h"

using namespace url_shortener;

namespace {

constexpr common::TimePoint now{std::chrono::seconds{1'750'000'000}};
const std::string url = "https://example.com/";
const std::string hash = common::sha256(url);

// So many expired links of the URL, and as many used up.
void add_dead_links(common::sqlite::Database& database, int count) {
  for (const auto* state : {"1, NULL, 0", "NULL, 5, 5"}) {
    database.run(
        "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?4)"
        " INSERT INTO links (code, long_url, url_sha256, created_at, expires_at, max_clicks, clicks_used)"
        " SELECT ?1 || i, ?2, ?3, 0, " +
            std::string(state) + " FROM numbers",
        state, url, common::sqlite::Blob{hash}, count);
  }
}

// What the look-up costs, in instructions of SQLite's virtual machine.
int steps(common::sqlite::Database& database) {
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_prepare_v2(database.handle(), rows::sqlite_find_live, -1, &statement, nullptr) == SQLITE_OK);
  sqlite3_bind_blob(statement, 1, hash.data(), static_cast<int>(hash.size()), SQLITE_STATIC);
  sqlite3_bind_int64(statement, 2, now.time_since_epoch().count());
  sqlite3_bind_text(statement, 3, url.c_str(), -1, SQLITE_STATIC);
  while (sqlite3_step(statement) == SQLITE_ROW) {
  }
  const int steps = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
  sqlite3_finalize(statement);
  return steps;
}

}  // namespace

TEST_CASE("SQLite finds a link to reuse without looking at those that no longer redirect") {
  const testing::TempFolder folder;
  { StoreSqlite schema(folder.path()); }
  common::sqlite::Database database({.file = folder.path() / "url_shortener.db"});
  const int none = steps(database);
  add_dead_links(database, 1'000);
  CHECK(steps(database) <= none + 20);
  database.run("INSERT INTO links (code, long_url, url_sha256, created_at) VALUES ('live', ?, ?, 0)", url,
               common::sqlite::Blob{hash});
  CHECK(steps(database) <= 10 * none);
  const auto found = rows::find_live_link(database, url, hash, now);
  REQUIRE(found);
  CHECK(found->code == "live");
}
