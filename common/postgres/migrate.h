// Numbered schema changes, each run once, however many processes start at once and whatever traffic is on.
//
//   constexpr Migration migrations[] = {
//       {1, "CREATE TABLE links (…)"},
//       {2, "CREATE INDEX CONCURRENTLY links_by_tag ON links (tag)", Migration::alone},
//   };
//   migrate(url, migrations);
//
// The table schema_migrations, in the URL's schema, says which have been run. One process at a time runs them, holding
// an advisory lock; the others wait and find them done. Before the servers start, so it blocks, on a connection of its
// own.
//
//   1. A migration is one transaction together with its row in schema_migrations: done and recorded, or neither.
//   2. One that is marked `alone` is a single statement outside of any transaction, which CREATE INDEX CONCURRENTLY
//      must be. If it fails half way it is run again next time, so it must not mind: a failed CREATE INDEX CONCURRENTLY
//      leaves an invalid index behind, so it says IF NOT EXISTS, and the migration after it rebuilds one that is
//      invalid.
//   3. No statement waits long for a lock. An ALTER TABLE that waits for a long reader makes everybody else wait behind
//      it; so it gives up after lock_timeout, and is tried again after a pause, until patience is over.
//   4. A schema that has a migration this program does not know is refused: a newer program wrote it.
//
// Servers of the version before run meanwhile. Which change they can live with is the author's to know: add columns
// that may be NULL or have a constant default, build indexes `alone`, drop what nobody reads any more.

#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace common::postgres {

struct Migration {
  enum Mode { transaction, alone };

  int number = 0;  // 1, 2, 3, … without gaps; one that was released never changes its SQL
  std::string_view sql;
  Mode mode = transaction;
};

struct MigrateOptions {
  std::chrono::milliseconds patience = std::chrono::minutes{5};      // for other processes and for locks, together
  std::chrono::milliseconds lock_timeout = std::chrono::seconds{1};  // of one attempt; not of one that is `alone`
};

// Throws std::runtime_error, in one line without the password: the server can't be reached, the schema is newer, a
// statement failed, patience is over, or the numbers are not 1, 2, 3, ….
void migrate(const std::string& url, std::span<const Migration> migrations, MigrateOptions options = {});

}  // namespace common::postgres
