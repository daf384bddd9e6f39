#include "cache_aside/user_store_postgres.h"

#include "cache_aside/rows_postgres.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::postgres::Pool;
using common::postgres::Rows;
using common::postgres::SqlResult;
using common::postgres::Transaction;

namespace {

std::uint64_t number(const Rows& rows, int column) {
  return rows.is_null(column) ? 0 : static_cast<std::uint64_t>(rows.integer(column));
}

// Of id, name, email, version.
User user_of(const Rows& rows) {
  return {number(rows, 0), std::string(rows.text(1)), std::string(rows.text(2)), number(rows, 3)};
}

Task<Result<std::optional<User>>> find_in(Pool& pool, std::uint64_t id) {
  auto rows = co_await pool.read("SELECT id, name, email, version FROM users WHERE id = $1", id);
  if (rows.has_error()) co_return rows.error();
  if (!rows->next()) co_return std::optional<User>();
  co_return std::optional<User>(user_of(*rows));
}

// The change was not made: because there is no such user, or because of the version.
struct Refusal {
  EditOutcome<User> why;
  bool queued = false;  // a change of the user waits to be made
};

Task<Result<Refusal>> refusal(Pool& pool, std::uint64_t id) {
  auto rows = co_await pool.read(
      "SELECT coalesce(q.version, u.version), q.version FROM users u LEFT JOIN queued_edits q ON q.user_id = u.id"
      " WHERE u.id = $1",
      id);
  if (rows.has_error()) co_return rows.error();
  if (!rows->next()) co_return Refusal{NotFound{}};
  co_return Refusal{VersionMismatch{number(*rows, 0)}, !rows->is_null(1)};
}

constexpr common::postgres::Sql insert_user =
    "WITH made AS (INSERT INTO users (name, email) VALUES ($1, $2) RETURNING id, name, email, version),"
    " noted AS (INSERT INTO invalidations (key, version, at) SELECT 'user:' || id, version, $3::bigint FROM made"
    "           WHERE $4 RETURNING id)"
    " SELECT id, name, email, version, (SELECT id FROM noted) FROM made";

Task<Result<CreateOutcome<User>>> insert_in(Transaction& transaction, const User& user, const Change& change) {
  auto rows = co_await transaction.run(insert_user, user.name, user.email, change.now, change.noted);
  if (rows.has_error()) co_return rows.error();
  rows->next();
  co_return CreateOutcome<User>(Stored<User>{user_of(*rows), number(*rows, 4)});
}

}  // namespace

Task<Result<CreateOutcome<User>>> UserStorePostgres::create(User user, std::optional<Keep<User>> keep, Change change) {
  Pool& pool = store_.pool();
  if (keep) {
    co_return co_await pool.transaction([&](Transaction& transaction) {
      return rows::create_once<User>(transaction, *keep, change.now,
                                     [&](Transaction& t) { return insert_in(t, user, change); });
    });
  }
  auto rows = co_await pool.write(insert_user, user.name, user.email, change.now, change.noted);
  if (rows.has_error()) co_return rows.error();
  rows->next();
  co_return CreateOutcome<User>(Stored<User>{user_of(*rows), number(*rows, 4)});
}

Task<Result<std::optional<User>>> UserStorePostgres::find(std::uint64_t id, std::uint64_t floor) {
  co_return co_await store_.read(
      floor, [id](Pool& pool) { return find_in(pool, id); },
      [floor](const std::optional<User>& user) { return floor == 0 || (user && user->version >= floor); });
}

// A change that waits in the queue (write_behind) comes first; usually there is none, and this is one statement.
Task<Result<EditOutcome<User>>> UserStorePostgres::edit(std::uint64_t id, UserEdit edit,
                                                        std::optional<std::uint64_t> version, Change change) {
  constexpr int queued_max = 20;  // in case somebody goes on queueing
  for (int queued = 0;; ++queued) {
    auto rows = co_await edit_unqueued(id, edit, version, change);
    if (rows.has_error()) co_return rows.error();
    if (rows->next()) co_return EditOutcome<User>(Stored<User>{user_of(*rows), number(*rows, 4)});
    auto refused = co_await refusal(store_.pool(), id);
    if (refused.has_error()) co_return refused.error();
    if (!refused->queued || queued == queued_max) co_return std::move(refused->why);
    const auto made = co_await work_off_one(id);
    if (made.has_error()) co_return made.error();
  }
}

Task<SqlResult<Rows>> UserStorePostgres::work_off_one(std::uint64_t id) {
  co_return co_await store_.pool().write(
      "WITH locked AS (SELECT id FROM users WHERE id = $1 FOR UPDATE),"
      " made AS (DELETE FROM queued_edits q USING locked l WHERE q.user_id = l.id"
      "          RETURNING q.user_id, q.name, q.email, q.version)"
      " UPDATE users u SET name = m.name, email = m.email, version = m.version FROM made m WHERE u.id = m.user_id",
      id);
}

Task<SqlResult<Rows>> UserStorePostgres::edit_unqueued(std::uint64_t id, const UserEdit& edit,
                                                       std::optional<std::uint64_t> version, const Change& change) {
  co_return co_await store_.pool().write(
      "WITH made AS (UPDATE users SET name = coalesce($2, name), email = coalesce($3, email), version = version + 1"
      "              WHERE id = $1 AND ($4::bigint IS NULL OR version = $4)"
      "              AND NOT EXISTS (SELECT 1 FROM queued_edits q WHERE q.user_id = $1)"
      "              RETURNING id, name, email, version),"
      " noted AS (INSERT INTO invalidations (key, version, at) SELECT 'user:' || id, version, $5::bigint FROM made"
      "           WHERE $6 RETURNING id)"
      " SELECT id, name, email, version, (SELECT id FROM noted) FROM made",
      id, edit.name, edit.email, version, change.now, change.noted);
}

Task<Result<EditOutcome<User>>> UserStorePostgres::remove(std::uint64_t id, std::optional<std::uint64_t> version,
                                                          Change change) {
  auto removed = co_await store_.pool().transaction([&](Transaction& transaction) -> Task<Result<EditOutcome<User>>> {
    auto locked = co_await transaction.run(
        "SELECT u.id, u.name, u.email, coalesce(q.version, u.version) FROM users u"
        " LEFT JOIN queued_edits q ON q.user_id = u.id WHERE u.id = $1 FOR UPDATE OF u",
        id);
    if (locked.has_error()) co_return locked.error();
    if (!locked->next()) co_return EditOutcome<User>(NotFound{});
    User user = user_of(*locked);
    if (version && *version != user.version) co_return EditOutcome<User>(VersionMismatch{user.version});
    ++user.version;
    const auto posts = co_await transaction.run(
        "WITH gone AS (DELETE FROM posts WHERE author_id = $1 RETURNING id, version)"
        " INSERT INTO invalidations (key, version, at) SELECT 'post:' || id, version + 1, $2::bigint FROM gone",
        id, change.now);
    if (posts.has_error()) co_return posts.error();
    const auto followed = co_await transaction.run(
        "WITH gone AS (DELETE FROM follows WHERE follower_id = $1 RETURNING followee_id)"
        " UPDATE users SET followers = followers - 1 WHERE id IN (SELECT followee_id FROM gone)",
        id);
    if (followed.has_error()) co_return followed.error();
    const auto followers = co_await transaction.run(
        "WITH gone AS (DELETE FROM follows WHERE followee_id = $1 RETURNING follower_id)"
        " INSERT INTO invalidations (key, version, at) SELECT 'following:' || follower_id, 0, $2::bigint FROM gone",
        id, change.now);
    if (followers.has_error()) co_return followers.error();
    const auto queued = co_await transaction.run("DELETE FROM queued_edits WHERE user_id = $1", id);
    if (queued.has_error()) co_return queued.error();
    auto noted = co_await transaction.run(
        "WITH gone AS (DELETE FROM users WHERE id = $1)"
        " INSERT INTO invalidations (key, version, at) SELECT 'user:' || $1::bigint, $2, $3 WHERE $4 RETURNING id",
        id, user.version, change.now, change.noted);
    if (noted.has_error()) co_return noted.error();
    const std::uint64_t note = noted->next() ? number(*noted, 0) : 0;
    co_return EditOutcome<User>(Stored<User>{std::move(user), note});
  });
  co_return removed;
}

Task<Result<EditOutcome<User>>> UserStorePostgres::enqueue(std::uint64_t id, UserEdit edit,
                                                           std::optional<std::uint64_t> version) {
  auto rows = co_await store_.pool().write(
      "WITH base AS (SELECT u.id, coalesce(q.name, u.name) AS name, coalesce(q.email, u.email) AS email,"
      "                coalesce(q.version, u.version) AS version"
      "              FROM users u LEFT JOIN queued_edits q ON q.user_id = u.id WHERE u.id = $1 FOR UPDATE OF u)"
      " INSERT INTO queued_edits AS queue (user_id, name, email, version)"
      " SELECT id, coalesce($2, name), coalesce($3, email), version + 1 FROM base"
      " WHERE $4::bigint IS NULL OR version = $4"
      " ON CONFLICT (user_id) DO UPDATE SET name = excluded.name, email = excluded.email, version = excluded.version"
      "   WHERE queue.version = excluded.version - 1"
      " RETURNING user_id, name, email, version",
      id, edit.name, edit.email, version);
  if (rows.has_error()) co_return rows.error();
  if (rows->next()) co_return EditOutcome<User>(Stored<User>{user_of(*rows), 0});
  auto refused = co_await refusal(store_.pool(), id);
  if (refused.has_error()) co_return refused.error();
  co_return std::move(refused->why);
}

Task<Result<std::size_t>> UserStorePostgres::work_off(std::size_t limit) {
  auto waiting = co_await store_.pool().read("SELECT 1 FROM queued_edits LIMIT 1");
  if (waiting.has_error()) co_return waiting.error();
  if (!waiting->next()) co_return std::size_t{0};
  const auto rows = co_await store_.pool().write(
      "WITH taken AS (SELECT q.user_id, q.version FROM queued_edits q JOIN users u ON u.id = q.user_id"
      "               ORDER BY q.user_id LIMIT $1 FOR UPDATE OF u SKIP LOCKED),"
      " made AS (DELETE FROM queued_edits q USING taken t WHERE q.user_id = t.user_id AND q.version = t.version"
      "          RETURNING q.user_id, q.name, q.email, q.version)"
      " UPDATE users u SET name = m.name, email = m.email, version = m.version FROM made m WHERE u.id = m.user_id",
      limit);
  if (rows.has_error()) co_return rows.error();
  co_return static_cast<std::size_t>(rows->affected());
}

Task<Result<std::uint64_t>> UserStorePostgres::last_id() {
  auto rows = co_await store_.pool().read("SELECT coalesce(max(id), 0) FROM users");
  if (rows.has_error()) co_return rows.error();
  rows->next();
  co_return number(*rows, 0);
}

}  // namespace cache_aside
