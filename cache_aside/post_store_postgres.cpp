#include "cache_aside/post_store_postgres.h"

#include <algorithm>

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

// Of id, author_id, text, created_at, version.
Post post_of(const Rows& rows) {
  return {number(rows, 0), number(rows, 1), std::string(rows.text(2)), rows.time(3), number(rows, 4)};
}

Task<Result<std::optional<Post>>> find_in(Pool& pool, std::uint64_t id) {
  auto rows = co_await pool.read("SELECT id, author_id, text, created_at, version FROM posts WHERE id = $1", id);
  if (rows.has_error()) co_return rows.error();
  if (!rows->next()) co_return std::optional<Post>();
  co_return std::optional<Post>(post_of(*rows));
}

Task<Result<EditOutcome<Post>>> outcome_of(Pool& pool, SqlResult<Rows> rows, std::uint64_t id) {
  if (rows.has_error()) co_return rows.error();
  if (rows->next()) co_return EditOutcome<Post>(Stored<Post>{post_of(*rows), number(*rows, 5)});
  auto current = co_await find_in(pool, id);
  if (current.has_error()) co_return current.error();
  if (!*current) co_return EditOutcome<Post>(NotFound{});
  co_return EditOutcome<Post>(VersionMismatch{(*current)->version});
}

constexpr common::postgres::Sql insert_post =
    "WITH made AS (INSERT INTO posts (author_id, text, created_at) SELECT id, $2, $3::bigint FROM users WHERE id = $1"
    "              RETURNING id, author_id, text, created_at, version),"
    " noted AS (INSERT INTO invalidations (key, version, at) SELECT 'post:' || id, version, $4::bigint FROM made"
    "           WHERE $5 RETURNING id)"
    " SELECT id, author_id, text, created_at, version, (SELECT id FROM noted) FROM made";

CreateOutcome<Post> created_of(Rows& rows) {
  if (!rows.next()) return NoSuchUser{};
  return Stored<Post>{post_of(rows), number(rows, 5)};
}

Task<Result<CreateOutcome<Post>>> insert_in(Transaction& transaction, const Post& post, const Change& change) {
  auto rows = co_await transaction.run(insert_post, post.author, post.text, post.created_at, change.now, change.noted);
  if (rows.has_error()) co_return rows.error();
  co_return created_of(*rows);
}

}  // namespace

Task<Result<CreateOutcome<Post>>> PostStorePostgres::create(Post post, std::optional<Keep<Post>> keep, Change change) {
  Pool& pool = store_.pool();
  if (keep) {
    co_return co_await pool.transaction([&](Transaction& transaction) {
      return rows::create_once<Post>(transaction, *keep, change.now,
                                     [&](Transaction& t) { return insert_in(t, post, change); });
    });
  }
  auto rows = co_await pool.write(insert_post, post.author, post.text, post.created_at, change.now, change.noted);
  if (rows.has_error()) co_return rows.error();
  co_return created_of(*rows);
}

Task<Result<std::optional<Post>>> PostStorePostgres::find(std::uint64_t id, std::uint64_t floor) {
  co_return co_await store_.read(
      floor, [id](Pool& pool) { return find_in(pool, id); },
      [floor](const std::optional<Post>& post) { return floor == 0 || (post && post->version >= floor); });
}

Task<Result<EditOutcome<Post>>> PostStorePostgres::edit(std::uint64_t id, std::string text,
                                                        std::optional<std::uint64_t> version, Change change) {
  auto rows = co_await store_.pool().write(
      "WITH made AS (UPDATE posts SET text = $2, version = version + 1"
      "              WHERE id = $1 AND ($3::bigint IS NULL OR version = $3)"
      "              RETURNING id, author_id, text, created_at, version),"
      " noted AS (INSERT INTO invalidations (key, version, at) SELECT 'post:' || id, version, $4::bigint FROM made"
      "           WHERE $5 RETURNING id)"
      " SELECT id, author_id, text, created_at, version, (SELECT id FROM noted) FROM made",
      id, text, version, change.now, change.noted);
  co_return co_await outcome_of(store_.pool(), std::move(rows), id);
}

Task<Result<EditOutcome<Post>>> PostStorePostgres::remove(std::uint64_t id, std::optional<std::uint64_t> version,
                                                          Change change) {
  auto rows = co_await store_.pool().write(
      "WITH made AS (DELETE FROM posts WHERE id = $1 AND ($2::bigint IS NULL OR version = $2)"
      "              RETURNING id, author_id, text, created_at, version + 1 AS version),"
      " noted AS (INSERT INTO invalidations (key, version, at) SELECT 'post:' || id, version, $3::bigint FROM made"
      "           WHERE $4 RETURNING id)"
      " SELECT id, author_id, text, created_at, version, (SELECT id FROM noted) FROM made",
      id, version, change.now, change.noted);
  co_return co_await outcome_of(store_.pool(), std::move(rows), id);
}

// The newest of each author: each is a walk along the index, whatever the others wrote.
Task<Result<std::vector<std::uint64_t>>> PostStorePostgres::newest(std::vector<std::uint64_t> authors,
                                                                   std::uint64_t below, std::size_t limit) {
  const auto bound = static_cast<std::int64_t>(std::min<std::uint64_t>(below, INT64_MAX));
  auto rows = co_await store_.pool().read(
      "SELECT p.id FROM unnest($1::bigint[]) AS author, LATERAL"
      " (SELECT id FROM posts WHERE author_id = author AND id < $2 ORDER BY id DESC LIMIT $3) AS p"
      " ORDER BY p.id DESC LIMIT $3",
      authors, bound, limit);
  if (rows.has_error()) co_return rows.error();
  std::vector<std::uint64_t> ids;
  while (rows->next())
    ids.push_back(number(*rows, 0));
  co_return ids;
}

Task<Result<std::uint64_t>> PostStorePostgres::last_id() {
  auto rows = co_await store_.pool().read("SELECT coalesce(max(id), 0) FROM posts");
  if (rows.has_error()) co_return rows.error();
  rows->next();
  co_return number(*rows, 0);
}

}  // namespace cache_aside
