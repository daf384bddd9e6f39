#include "url_shortener/key_pool_sqlite.h"

namespace url_shortener {

using common::Result;
using common::Task;
using common::sqlite::Database;

Task<Result<std::vector<std::string>>> KeyPoolSqlite::claim(std::size_t count) {
  co_return co_await store_.writer().write([count](Database& database) {
    std::vector<std::string> claimed;
    auto rows = database.query(
        "UPDATE pool_keys SET claimed = 1 WHERE id IN "
        "(SELECT id FROM pool_keys WHERE claimed = 0 ORDER BY id LIMIT ?) RETURNING key",
        count);
    while (rows.next())
      claimed.emplace_back(rows.text(0));
    return claimed;
  });
}

Task<Result<std::size_t>> KeyPoolSqlite::add(std::vector<std::string> keys) {
  co_return co_await store_.writer().write([&keys](Database& database) {
    std::size_t added = 0;
    for (const auto& key : keys)
      added +=
          static_cast<std::size_t>(database.run("INSERT INTO pool_keys (key) VALUES (?) ON CONFLICT DO NOTHING", key));
    return added;
  });
}

Task<Result<std::vector<std::string>>> KeyPoolSqlite::add_claimed(std::vector<std::string> keys) {
  co_return co_await store_.writer().write([&keys](Database& database) {
    std::vector<std::string> added;
    for (const auto& key : keys)
      if (database.run("INSERT INTO pool_keys (key, claimed) VALUES (?, 1) ON CONFLICT DO NOTHING", key) == 1)
        added.push_back(key);
    return added;
  });
}

Task<Result<std::size_t>> KeyPoolSqlite::size() {
  co_return store_.read([](Database& database) {
    auto rows = database.query("SELECT count(*) FROM pool_keys WHERE claimed = 0");
    return rows.next() ? static_cast<std::size_t>(rows.integer(0)) : 0;
  });
}

}  // namespace url_shortener
