#include "notifier/inbox_store_postgres.h"

namespace notifier {

using common::Result;
using common::Task;
using common::postgres::Rows;
using common::postgres::SqlResult;

namespace {

std::vector<InboxItem> items_of(Rows& row, const std::string& user) {
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

Task<Result<void>> InboxStorePostgres::add(std::vector<InboxItem> items) {
  std::vector<std::string> users, categories, titles, bodies;
  std::vector<std::int64_t> notifications;
  std::vector<common::TimePoint> times;
  for (const auto& item : items) {
    users.push_back(item.user);
    notifications.push_back(item.notification);
    categories.push_back(item.category);
    titles.push_back(item.title);
    bodies.push_back(item.body);
    times.push_back(item.at);
  }
  // One at a time: an id that is drawn first and committed last would be behind a reader who is past it.
  const auto added = co_await store_.pool().write(
      "WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock('inbox'::regclass::oid::bigint))"
      " INSERT INTO inbox (user_id, notification, category, title, body, at) SELECT t.* FROM turn, unnest($1::text[],"
      " $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[]) AS t ON CONFLICT DO NOTHING",
      users, notifications, categories, titles, bodies, times);
  if (added.has_error()) co_return added.error();
  co_return Result<void>{};
}

Task<Result<std::vector<InboxItem>>> InboxStorePostgres::list(std::string user, std::size_t limit,
                                                              std::int64_t before) {
  auto rows = co_await store_.pool().read(
      "SELECT id, notification, category, title, body, at FROM inbox WHERE user_id = $1 AND id < $2 ORDER BY id DESC "
      "LIMIT $3",
      user, before == 0 ? INT64_MAX : before, limit);
  if (rows.has_error()) co_return rows.error();
  co_return items_of(*rows, user);
}

Task<Result<std::vector<InboxItem>>> InboxStorePostgres::since(std::string user, std::size_t limit,
                                                               std::int64_t after) {
  auto rows = co_await store_.pool().read(
      "SELECT id, notification, category, title, body, at FROM inbox WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT "
      "$3",
      user, after, limit);
  if (rows.has_error()) co_return rows.error();
  co_return items_of(*rows, user);
}

}  // namespace notifier
