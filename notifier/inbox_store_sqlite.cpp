#include "notifier/inbox_store_sqlite.h"

namespace notifier {

using common::Result;
using common::Task;
using common::sqlite::Database;

namespace {

std::vector<InboxItem> items_of(common::sqlite::Rows row, const std::string& user) {
  std::vector<InboxItem> items;
  while (row.next()) {
    items.push_back({.id = row.integer(0),
                     .user = user,
                     .notification = row.integer(1),
                     .category = std::string(row.text(2)),
                     .title = std::string(row.text(3)),
                     .body = std::string(row.text(4)),
                     .at = row.time(5)});
  }
  return items;
}

}  // namespace

Task<Result<void>> InboxStoreSqlite::add(std::vector<InboxItem> items) {
  co_return co_await store_.writer().write([&](Database& database) {
    for (const auto& item : items) {
      database.run(
          "INSERT OR IGNORE INTO inbox (user, notification, category, title, body, at) VALUES (?, ?, ?, ?, ?, ?)",
          item.user, item.notification, item.category, item.title, item.body, item.at);
    }
  });
}

Task<Result<std::vector<InboxItem>>> InboxStoreSqlite::list(std::string user, std::size_t limit, std::int64_t before) {
  co_return store_.read([&](Database& database) {
    return items_of(database.query("SELECT id, notification, category, title, body, at FROM inbox"
                                   " WHERE user = ? AND id < ? ORDER BY id DESC LIMIT ?",
                                   user, before == 0 ? INT64_MAX : before, limit),
                    user);
  });
}

Task<Result<std::vector<InboxItem>>> InboxStoreSqlite::since(std::string user, std::size_t limit, std::int64_t after) {
  co_return store_.read([&](Database& database) {
    return items_of(database.query("SELECT id, notification, category, title, body, at FROM inbox"
                                   " WHERE user = ? AND id > ? ORDER BY id LIMIT ?",
                                   user, after, limit),
                    user);
  });
}

}  // namespace notifier
