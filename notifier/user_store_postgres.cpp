#include "notifier/user_store_postgres.h"

#include <algorithm>
#include <map>

#include "notifier/segments_json.h"

namespace notifier {

using common::Result;
using common::Task;
using common::postgres::Rows;
using common::postgres::Transaction;

namespace {

std::optional<std::string> optional_text(const Rows& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return std::string(row.text(column));
}

// The columns of many users, as unnest() takes them.
struct Columns {
  explicit Columns(const std::map<std::string, const User*>& users) {
    for (const auto& [id, user] : users) {
      ids.push_back(id);
      emails.push_back(user->email);
      phones.push_back(user->phone);
      tokens.push_back(user->push_token);
      urls.push_back(user->webhook_url);
      zones.push_back(user->time_zone);
      segments.push_back(user->segments.empty() ? std::nullopt : std::optional(segments_to_json(user->segments)));
      for (const auto& segment : user->segments) {
        segment_names.push_back(segment);
        segment_users.push_back(id);
      }
    }
  }
  std::vector<std::string> ids, segment_names, segment_users;
  std::vector<std::optional<std::string>> emails, phones, tokens, urls, zones, segments;
};

Task<Result<void>> put_in(Transaction& transaction, const Columns& c) {
  const auto deleted = co_await transaction.run("DELETE FROM user_segments WHERE user_id = ANY($1)", c.ids);
  if (deleted.has_error()) co_return deleted.error();
  auto known = co_await transaction.run("SELECT count(*) FROM users WHERE id = ANY($1) AND known = 1", c.ids);
  if (known.has_error()) co_return known.error();
  const auto written = co_await transaction.run(
      "INSERT INTO users (id, known, email, phone, push_token, webhook_url, time_zone, segments)"
      " SELECT id, 1, email, phone, push_token, webhook_url, time_zone, segments FROM unnest($1::text[], $2::text[],"
      " $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])"
      " AS t (id, email, phone, push_token, webhook_url, time_zone, segments)"
      " ON CONFLICT (id) DO UPDATE SET known = 1, email = excluded.email, phone = excluded.phone,"
      " push_token = excluded.push_token, webhook_url = excluded.webhook_url, time_zone = excluded.time_zone,"
      " segments = excluded.segments",
      c.ids, c.emails, c.phones, c.tokens, c.urls, c.zones, c.segments);
  if (written.has_error()) co_return written.error();
  if (!c.segment_names.empty()) {
    const auto added = co_await transaction.run(
        "INSERT INTO user_segments SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING",
        c.segment_names, c.segment_users);
    if (added.has_error()) co_return added.error();
  }
  known->next();
  const auto fresh = static_cast<std::int64_t>(c.ids.size()) - known->integer(0);
  if (fresh == 0) co_return Result<void>{};
  const auto counted = co_await transaction.run("UPDATE counters SET value = value + $1 WHERE name = 'users'", fresh);
  if (counted.has_error()) co_return counted.error();
  co_return Result<void>{};
}

KnownUser user_of(const Rows& row, std::string id) {
  KnownUser found;
  found.user.id = std::move(id);
  found.user.email = optional_text(row, 1);
  found.user.phone = optional_text(row, 2);
  found.user.push_token = optional_text(row, 3);
  found.user.webhook_url = optional_text(row, 4);
  found.user.time_zone = optional_text(row, 5);
  if (!row.is_null(6)) found.user.segments = segments_from_json(row.text(6));
  if (!row.is_null(7)) found.preferences = preferences_of(row.text(7));
  found.dead = Channels(static_cast<std::uint8_t>(row.integer(8)));
  return found;
}

Task<Result<std::vector<std::string>>> ids_of(Task<common::postgres::SqlResult<Rows>> asked) {
  auto rows = co_await std::move(asked);
  if (rows.has_error()) co_return rows.error();
  std::vector<std::string> ids;
  while (rows->next())
    ids.emplace_back(rows->text(0));
  co_return ids;
}

Task<Result<void>> unsubscribe_in(Transaction& transaction, const std::string& id, const std::string& category,
                                  Channel channel) {
  const auto made = co_await transaction.run("INSERT INTO users (id, known) VALUES ($1, 0) ON CONFLICT DO NOTHING", id);
  if (made.has_error()) co_return made.error();
  auto row = co_await transaction.run("SELECT preferences FROM users WHERE id = $1 FOR UPDATE", id);
  if (row.has_error()) co_return row.error();
  row->next();
  Preferences preferences = row->is_null(0) ? Preferences{} : preferences_of(row->text(0));
  auto& off = preferences.off[category];
  off = off.with(channel);
  const std::string text = to_text(preferences);
  const auto written = co_await transaction.run("UPDATE users SET preferences = $2 WHERE id = $1", id, text);
  if (written.has_error()) co_return written.error();
  co_return Result<void>{};
}

}  // namespace

Task<Result<void>> UserStorePostgres::put(std::vector<User> users) {
  if (users.empty()) co_return Result<void>{};
  std::map<std::string, const User*> last;  // of one id twice, and in one order for all
  for (const auto& user : users)
    last[user.id] = &user;
  const Columns columns(last);
  co_return co_await store_.pool().transaction([&](Transaction& t) { return put_in(t, columns); });
}

Task<Result<std::vector<std::optional<KnownUser>>>> UserStorePostgres::find(std::vector<std::string> ids) {
  auto rows = co_await store_.pool().read(
      "SELECT id, email, phone, push_token, webhook_url, time_zone, segments, preferences,"
      " coalesce((SELECT sum(1::bigint << channel::int) FROM suppressions WHERE (channel, address) IN"
      " ((0, email), (1, phone), (2, push_token), (3, webhook_url))), 0)::bigint FROM users WHERE id = ANY($1)",
      ids);
  if (rows.has_error()) co_return rows.error();
  std::map<std::string, KnownUser, std::less<>> known;
  while (rows->next()) {
    std::string id(rows->text(0));
    KnownUser user = user_of(*rows, id);
    known.emplace(std::move(id), std::move(user));
  }
  std::vector<std::optional<KnownUser>> found;
  for (const auto& id : ids) {
    const auto user = known.find(id);
    found.push_back(user == known.end() ? std::nullopt : std::optional(user->second));
  }
  co_return found;
}

Task<Result<void>> UserStorePostgres::set_preferences(std::string id, Preferences preferences) {
  const std::string text = to_text(preferences);
  const auto written = co_await store_.pool().write(
      "INSERT INTO users (id, known, preferences) VALUES ($1, 0, $2)"
      " ON CONFLICT (id) DO UPDATE SET preferences = excluded.preferences",
      id, text);
  if (written.has_error()) co_return written.error();
  co_return Result<void>{};
}

Task<Result<void>> UserStorePostgres::unsubscribe(std::string id, std::string category, Channel channel) {
  co_return co_await store_.pool().transaction(
      [&](Transaction& t) { return unsubscribe_in(t, id, category, channel); });
}

Task<Result<void>> UserStorePostgres::suppress(Channel channel, std::string address, std::string reason) {
  const auto written =
      co_await store_.pool().write("INSERT INTO suppressions VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                                   static_cast<int>(channel), address, reason);
  if (written.has_error()) co_return written.error();
  co_return Result<void>{};
}

Task<Result<std::vector<std::string>>> UserStorePostgres::page(const Audience& audience, std::string after,
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
      co_return co_await ids_of(
          store_.pool().read("SELECT id FROM users WHERE id > $1 AND known = 1 ORDER BY id LIMIT $2", after, limit));
    case Audience::Type::segment:
      co_return co_await ids_of(store_.pool().read(
          "SELECT user_id FROM user_segments WHERE segment = $1 AND user_id > $2 ORDER BY user_id LIMIT $3",
          audience.name, after, limit));
  }
  co_return std::vector<std::string>{};
}

Task<Result<std::int64_t>> UserStorePostgres::count(const Audience& audience) {
  if (audience.type == Audience::Type::user) co_return 1;
  if (audience.type == Audience::Type::users) co_return static_cast<std::int64_t>(audience.users.size());
  auto rows = co_await store_.pool().read(
      "SELECT CASE WHEN $1 THEN (SELECT value FROM counters WHERE name = 'users')"
      " ELSE (SELECT count(*) FROM user_segments WHERE segment = $2) END",
      audience.type == Audience::Type::all, audience.name);
  if (rows.has_error()) co_return rows.error();
  rows->next();
  co_return rows->integer(0);
}

}  // namespace notifier
