#include "url_shortener/id_source_sqlite.h"

#include <stdexcept>

namespace url_shortener {

using common::Result;
using common::Task;
using common::sqlite::Blob;
using common::sqlite::Database;

Task<Result<IdBlock>> IdSourceSqlite::lease(std::uint64_t count) {
  co_return co_await store_.writer().write([count](Database& database) {
    auto rows = database.query("UPDATE counters SET next = next + ? WHERE name = 'link' RETURNING next", count);
    if (!rows.next()) throw std::runtime_error("the link counter is missing");
    const auto next = static_cast<std::uint64_t>(rows.integer(0));
    return IdBlock{next - count, count};
  });
}

Task<Result<std::string>> IdSourceSqlite::permutation_key() {
  const std::string proposal = make_permutation_key();  // the first one proposed is kept
  co_return co_await store_.writer().write([&](Database& database) {
    database.run("INSERT INTO secrets VALUES ('permutation_key', ?) ON CONFLICT DO NOTHING", Blob{proposal});
    auto rows = database.query("SELECT value FROM secrets WHERE name = 'permutation_key'");
    if (!rows.next()) throw std::runtime_error("the permutation key is missing");
    return std::string(rows.blob(0));
  });
}

}  // namespace url_shortener
