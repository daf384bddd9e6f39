#include "notifier/user_store_sqlite.h"

#include <algorithm>

#include "notifier/segments_json.h"

namespace notifier {

using common::Result;
using common::Task;
using common::sqlite::Database;
using common::sqlite::Rows;

namespace {

std::optional<std::string> optional_text(const Rows& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return std::string(row.text(column));
}

void add_segments(Database& database, const User& user) {
  for (const auto& segment : user.segments)
    database.run("INSERT OR IGNORE INTO user_segments VALUES (?, ?)", segment, user.id);
}

void replace(Database& database, const User& user, const std::optional<std::string>& segments) {
  std::optional<std::string> old_segments;
  bool was_known = false;
  {
    auto row = database.query("SELECT known, segments FROM users WHERE id = ?", user.id);
    if (row.next()) {
      was_known = row.integer(0) != 0;
      old_segments = optional_text(row, 1);
    }
  }
  if (old_segments) {
    for (const auto& segment : segments_from_json(*old_segments))
      database.run("DELETE FROM user_segments WHERE segment = ? AND user = ?", segment, user.id);
  }
  database.run(
      "UPDATE users SET known = 1, email = ?, phone = ?, push_token = ?, webhook_url = ?, time_zone = ?, segments = ?"
      " WHERE id = ?",
      user.email, user.phone, user.push_token, user.webhook_url, user.time_zone, segments, user.id);
  if (!was_known) database.run("UPDATE counters SET value = value + 1 WHERE name = 'users'");
}

void put_now(Database& database, const std::vector<User>& users) {
  std::int64_t fresh = 0;
  for (const User& user : users) {
    std::optional<std::string> segments;
    if (!user.segments.empty()) segments = segments_to_json(user.segments);
    const int inserted = database.run(
        "INSERT OR IGNORE INTO users (id, known, email, phone, push_token, webhook_url, time_zone, segments)"
        " VALUES (?, 1, ?, ?, ?, ?, ?, ?)",
        user.id, user.email, user.phone, user.push_token, user.webhook_url, user.time_zone, segments);
    fresh += inserted;
    if (inserted == 0) replace(database, user, segments);
    add_segments(database, user);
  }
  if (fresh > 0) database.run("UPDATE counters SET value = value + ? WHERE name = 'users'", fresh);
}

// Looked up only when there is a list at all.
Channels dead_channels(Database& database, const User& user) {
  Channels dead;
  for (const Channel channel : all_channels) {
    const auto address = address_of(user, channel);
    if (!address || channel == Channel::in_app) continue;
    auto row = database.query("SELECT 1 FROM suppressions WHERE channel = ? AND address = ?", static_cast<int>(channel),
                              *address);
    if (row.next()) dead = dead.with(channel);
  }
  return dead;
}

std::optional<KnownUser> find_user(Database& database, const std::string& id, bool any_dead) {
  auto row = database.query(
      "SELECT known, email, phone, push_token, webhook_url, time_zone, segments, preferences FROM users WHERE id = ?",
      id);
  if (!row.next()) return std::nullopt;
  KnownUser found;
  found.user = {.id = id,
                .email = optional_text(row, 1),
                .phone = optional_text(row, 2),
                .push_token = optional_text(row, 3),
                .webhook_url = optional_text(row, 4),
                .time_zone = optional_text(row, 5),
                .segments = {}};
  if (!row.is_null(6)) found.user.segments = segments_from_json(row.text(6));
  if (!row.is_null(7)) found.preferences = preferences_of(row.text(7));
  if (any_dead) found.dead = dead_channels(database, found.user);
  return found;
}

void write_preferences(Database& database, const std::string& id, const std::string& text) {
  database.run(
      "INSERT INTO users (id, known, preferences) VALUES (?, 0, ?)"
      " ON CONFLICT (id) DO UPDATE SET preferences = excluded.preferences",
      id, text);
}

std::vector<std::string> ids_of(Rows rows) {
  std::vector<std::string> ids;
  while (rows.next())
    ids.emplace_back(rows.text(0));
  return ids;
}

}  // namespace

Task<Result<void>> UserStoreSqlite::put(std::vector<User> users) {
  co_return co_await store_.writer().write([&](Database& database) { put_now(database, users); });
}

Task<Result<std::vector<std::optional<KnownUser>>>> UserStoreSqlite::find(std::vector<std::string> ids) {
  co_return store_.read([&](Database& database) {
    const bool any_dead = [&] { return database.query("SELECT 1 FROM suppressions LIMIT 1").next(); }();
    database.execute("BEGIN");  // one read transaction for all: opening one costs as much as a look-up
    std::vector<std::optional<KnownUser>> found;
    found.reserve(ids.size());
    try {
      for (const auto& id : ids)
        found.push_back(find_user(database, id, any_dead));
    } catch (...) {
      database.execute("COMMIT");
      throw;
    }
    database.execute("COMMIT");
    return found;
  });
}

Task<Result<void>> UserStoreSqlite::set_preferences(std::string id, Preferences preferences) {
  const std::string text = to_text(preferences);
  co_return co_await store_.writer().write([&](Database& database) { write_preferences(database, id, text); });
}

Task<Result<void>> UserStoreSqlite::unsubscribe(std::string id, std::string category, Channel channel) {
  co_return co_await store_.writer().write([&](Database& database) {
    const auto user = find_user(database, id, false);
    Preferences preferences = user ? user->preferences : Preferences{};
    auto& off = preferences.off[category];
    off = off.with(channel);
    write_preferences(database, id, to_text(preferences));
  });
}

Task<Result<void>> UserStoreSqlite::suppress(Channel channel, std::string address, std::string reason) {
  co_return co_await store_.writer().write([&](Database& database) {
    database.run("INSERT OR IGNORE INTO suppressions VALUES (?, ?, ?)", static_cast<int>(channel), address, reason);
  });
}

Task<Result<std::vector<std::string>>> UserStoreSqlite::page(const Audience& audience, std::string after,
                                                             std::size_t limit) {
  switch (audience.type) {
    case Audience::Type::user:
      co_return after.empty() ? std::vector<std::string>{audience.name} : std::vector<std::string>{};
    case Audience::Type::users: {
      const auto begin = std::upper_bound(audience.users.begin(), audience.users.end(), after);
      const auto left = static_cast<std::size_t>(audience.users.end() - begin);
      co_return std::vector<std::string>(begin, begin + static_cast<std::ptrdiff_t>(std::min(left, limit)));
    }
    case Audience::Type::all:
      co_return store_.read([&](Database& database) {
        return ids_of(
            database.query("SELECT id FROM users WHERE id > ? AND known = 1 ORDER BY id LIMIT ?", after, limit));
      });
    case Audience::Type::segment:
      co_return store_.read([&](Database& database) {
        return ids_of(
            database.query("SELECT user FROM user_segments WHERE segment = ? AND user > ? ORDER BY user LIMIT ?",
                           audience.name, after, limit));
      });
  }
  co_return std::vector<std::string>{};
}

Task<Result<std::int64_t>> UserStoreSqlite::count(const Audience& audience) {
  switch (audience.type) {
    case Audience::Type::user:
      co_return 1;
    case Audience::Type::users:
      co_return static_cast<std::int64_t>(audience.users.size());
    case Audience::Type::all:
      co_return store_.read([&](Database& database) {
        auto row = database.query("SELECT value FROM counters WHERE name = 'users'");
        return row.next() ? row.integer(0) : 0;
      });
    case Audience::Type::segment:
      co_return store_.read([&](Database& database) {
        auto row = database.query("SELECT count(*) FROM user_segments WHERE segment = ?", audience.name);
        return row.next() ? row.integer(0) : 0;
      });
  }
  co_return 0;
}

}  // namespace notifier
