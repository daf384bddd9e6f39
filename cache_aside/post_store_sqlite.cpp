#include "cache_aside/post_store_sqlite.h"

#include <algorithm>

#include "cache_aside/keys.h"
#include "cache_aside/rows_sqlite.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::sqlite::Database;

namespace {

std::optional<Post> find_post(Database& database, std::uint64_t id) {
  auto rows = database.query("SELECT author_id, text, created_at, version FROM posts WHERE id = ?", id);
  if (!rows.next()) return std::nullopt;
  return Post{id, static_cast<std::uint64_t>(rows.integer(0)), std::string(rows.text(1)), rows.time(2),
              static_cast<std::uint64_t>(rows.integer(3))};
}

std::uint64_t note(Database& database, const Post& post, const Change& change) {
  return change.noted ? rows::note(database, post_key(post.id), post.version, change.now) : 0;
}

template <class Write>
EditOutcome<Post> change_now(Database& database, std::uint64_t id, std::optional<std::uint64_t> version,
                             const Change& change, Write write) {
  auto post = find_post(database, id);
  if (!post) return NotFound{};
  if (version && *version != post->version) return VersionMismatch{post->version};
  ++post->version;
  write(*post);
  const std::uint64_t noted = note(database, *post, change);
  return Stored<Post>{std::move(*post), noted};
}

std::vector<std::uint64_t> newest_of(Database& database, std::uint64_t author, std::uint64_t below, std::size_t limit) {
  auto rows = database.query("SELECT id FROM posts WHERE author_id = ? AND id < ? ORDER BY id DESC LIMIT ?", author,
                             static_cast<std::int64_t>(std::min<std::uint64_t>(below, INT64_MAX)), limit);
  std::vector<std::uint64_t> ids;
  while (rows.next())
    ids.push_back(static_cast<std::uint64_t>(rows.integer(0)));
  return ids;
}

}  // namespace

Task<Result<CreateOutcome<Post>>> PostStoreSqlite::create(Post wanted, std::optional<Keep<Post>> keep, Change change) {
  co_return co_await store_.writer().write([&](Database& database) -> CreateOutcome<Post> {
    if (auto before = rows::answered_before(database, keep, change.now)) return std::move(*before);
    const int inserted =
        database.run("INSERT INTO posts (author_id, text, created_at) SELECT id, ?, ? FROM users WHERE id = ?",
                     wanted.text, wanted.created_at, wanted.author);
    if (inserted == 0) return NoSuchUser{};
    Post post = wanted;
    post.id = static_cast<std::uint64_t>(sqlite3_last_insert_rowid(database.handle()));
    post.version = 1;
    if (keep) rows::keep_answer(database, keep->answer(post), change.now);
    const std::uint64_t noted = note(database, post, change);
    return Stored<Post>{std::move(post), noted};
  });
}

Task<Result<std::optional<Post>>> PostStoreSqlite::find(std::uint64_t id, std::uint64_t) {
  co_return store_.read([&](Database& database) { return find_post(database, id); });
}

Task<Result<EditOutcome<Post>>> PostStoreSqlite::edit(std::uint64_t id, std::string text,
                                                      std::optional<std::uint64_t> version, Change change) {
  co_return co_await store_.writer().write([&](Database& database) {
    return change_now(database, id, version, change, [&](Post& post) {
      post.text = text;
      database.run("UPDATE posts SET text = ?, version = ? WHERE id = ?", post.text, post.version, id);
    });
  });
}

Task<Result<EditOutcome<Post>>> PostStoreSqlite::remove(std::uint64_t id, std::optional<std::uint64_t> version,
                                                        Change change) {
  co_return co_await store_.writer().write([&](Database& database) {
    return change_now(database, id, version, change,
                      [&](Post&) { database.run("DELETE FROM posts WHERE id = ?", id); });
  });
}

// The newest of each author, merged: each is a walk along the index, whatever the others wrote.
Task<Result<std::vector<std::uint64_t>>> PostStoreSqlite::newest(std::vector<std::uint64_t> authors,
                                                                 std::uint64_t below, std::size_t limit) {
  co_return store_.read([&](Database& database) {
    std::vector<std::uint64_t> ids;
    for (const std::uint64_t author : authors) {
      const auto more = newest_of(database, author, below, limit);
      const auto middle = ids.insert(ids.end(), more.begin(), more.end());
      std::inplace_merge(ids.begin(), middle, ids.end(), std::greater<>());
      if (ids.size() > limit) ids.resize(limit);
    }
    return ids;
  });
}

Task<Result<std::uint64_t>> PostStoreSqlite::last_id() {
  co_return store_.read([](Database& database) {
    auto rows = database.query("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'posts'), 0)");
    return rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
  });
}

}  // namespace cache_aside
