#include "cache_aside/user_store_sqlite.h"

#include "cache_aside/keys.h"
#include "cache_aside/rows_sqlite.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::sqlite::Database;

namespace {

std::optional<User> find_in(Database& database, std::string_view sql, std::uint64_t id) {
  auto rows = database.query(sql, id);
  if (!rows.next()) return std::nullopt;
  return User{id, std::string(rows.text(0)), std::string(rows.text(1)), static_cast<std::uint64_t>(rows.integer(2))};
}

std::optional<User> find_user(Database& database, std::uint64_t id) {
  return find_in(database, "SELECT name, email, version FROM users WHERE id = ?", id);
}

// As it will be when its queue is worked off.
std::optional<User> find_latest(Database& database, std::uint64_t id) {
  auto user = find_user(database, id);
  if (!user) return std::nullopt;
  const auto queued = find_in(database, "SELECT name, email, version FROM queued_edits WHERE user_id = ?", id);
  return queued ? queued : user;
}

// The user to be changed, or why not.
std::variant<User, NotFound, VersionMismatch> expect(std::optional<User> user, std::optional<std::uint64_t> version) {
  if (!user) return NotFound{};
  if (version && *version != user->version) return VersionMismatch{user->version};
  return std::move(*user);
}

void apply(const UserEdit& edit, User& user) {
  if (edit.name) user.name = *edit.name;
  if (edit.email) user.email = *edit.email;
  ++user.version;
}

std::uint64_t note(Database& database, const User& user, const Change& change) {
  return change.noted ? rows::note(database, user_key(user.id), user.version, change.now) : 0;
}

EditOutcome<User> refused(const std::variant<User, NotFound, VersionMismatch>& why) {
  if (const auto* other = std::get_if<VersionMismatch>(&why)) return *other;
  return NotFound{};
}

EditOutcome<User> edit_now(Database& database, std::uint64_t id, const UserEdit& edit,
                           std::optional<std::uint64_t> version, const Change& change) {
  auto found = expect(find_latest(database, id), version);
  if (found.index() != 0) return refused(found);
  User& user = std::get<User>(found);
  apply(edit, user);
  database.run("UPDATE users SET name = ?, email = ?, version = ? WHERE id = ?", user.name, user.email, user.version,
               id);
  database.run("DELETE FROM queued_edits WHERE user_id = ?", id);
  const std::uint64_t noted = note(database, user, change);
  return Stored<User>{std::move(user), noted};
}

EditOutcome<User> remove_now(Database& database, std::uint64_t id, std::optional<std::uint64_t> version,
                             const Change& change) {
  auto found = expect(find_latest(database, id), version);
  if (found.index() != 0) return refused(found);
  User& user = std::get<User>(found);
  ++user.version;
  database.run(
      "INSERT INTO invalidations (key, version, at) SELECT 'post:' || id, version + 1, ? FROM posts WHERE author_id = "
      "?",
      change.now, id);
  database.run(
      "INSERT INTO invalidations (key, version, at) SELECT 'following:' || follower_id, 0, ? FROM follows"
      " WHERE followee_id = ?",
      change.now, id);
  database.run(
      "UPDATE users SET followers = followers - 1 WHERE id IN"
      " (SELECT followee_id FROM follows WHERE follower_id = ?)",
      id);
  database.run("DELETE FROM follows WHERE follower_id = ?", id);
  database.run("DELETE FROM follows WHERE followee_id = ?", id);
  database.run("DELETE FROM posts WHERE author_id = ?", id);
  database.run("DELETE FROM queued_edits WHERE user_id = ?", id);
  database.run("DELETE FROM users WHERE id = ?", id);
  const std::uint64_t noted = note(database, user, change);
  return Stored<User>{std::move(user), noted};
}

}  // namespace

Task<Result<CreateOutcome<User>>> UserStoreSqlite::create(User wanted, std::optional<Keep<User>> keep, Change change) {
  co_return co_await store_.writer().write([&](Database& database) -> CreateOutcome<User> {
    if (auto before = rows::answered_before(database, keep, change.now)) return std::move(*before);
    database.run("INSERT INTO users (name, email) VALUES (?, ?)", wanted.name, wanted.email);
    User user{static_cast<std::uint64_t>(sqlite3_last_insert_rowid(database.handle())), wanted.name, wanted.email, 1};
    if (keep) rows::keep_answer(database, keep->answer(user), change.now);
    const std::uint64_t noted = note(database, user, change);
    return Stored<User>{std::move(user), noted};
  });
}

Task<Result<std::optional<User>>> UserStoreSqlite::find(std::uint64_t id, std::uint64_t) {
  co_return store_.read([&](Database& database) { return find_user(database, id); });
}

Task<Result<EditOutcome<User>>> UserStoreSqlite::edit(std::uint64_t id, UserEdit edit,
                                                      std::optional<std::uint64_t> version, Change change) {
  co_return co_await store_.writer().write(
      [&](Database& database) { return edit_now(database, id, edit, version, change); });
}

Task<Result<EditOutcome<User>>> UserStoreSqlite::remove(std::uint64_t id, std::optional<std::uint64_t> version,
                                                        Change change) {
  co_return co_await store_.writer().write(
      [&](Database& database) { return remove_now(database, id, version, change); });
}

Task<Result<EditOutcome<User>>> UserStoreSqlite::enqueue(std::uint64_t id, UserEdit edit,
                                                         std::optional<std::uint64_t> version) {
  co_return co_await store_.writer().write([&](Database& database) -> EditOutcome<User> {
    auto found = expect(find_latest(database, id), version);
    if (found.index() != 0) return refused(found);
    User& user = std::get<User>(found);
    apply(edit, user);
    database.run("INSERT OR REPLACE INTO queued_edits (user_id, name, email, version) VALUES (?, ?, ?, ?)", id,
                 user.name, user.email, user.version);
    return Stored<User>{std::move(user), 0};
  });
}

Task<Result<std::size_t>> UserStoreSqlite::work_off(std::size_t limit) {
  auto waiting = store_.read([](Database& database) {
    auto rows = database.query("SELECT 1 FROM queued_edits LIMIT 1");
    return rows.next();
  });
  if (waiting.has_error()) co_return waiting.error();
  if (!*waiting) co_return std::size_t{0};
  co_return co_await store_.writer().write([&](Database& database) -> std::size_t {
    database.run(
        "UPDATE users SET (name, email, version) = (SELECT q.name, q.email, q.version FROM queued_edits q"
        " WHERE q.user_id = users.id) WHERE id IN (SELECT user_id FROM queued_edits ORDER BY user_id LIMIT ?)",
        limit);
    const int made = database.run(
        "DELETE FROM queued_edits WHERE user_id IN (SELECT user_id FROM queued_edits ORDER BY user_id LIMIT ?)", limit);
    return static_cast<std::size_t>(made);
  });
}

Task<Result<std::uint64_t>> UserStoreSqlite::last_id() {
  co_return store_.read([](Database& database) {
    auto rows = database.query("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'users'), 0)");
    return rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
  });
}

}  // namespace cache_aside
