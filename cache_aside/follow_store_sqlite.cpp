#include "cache_aside/follow_store_sqlite.h"

#include "cache_aside/keys.h"
#include "cache_aside/rows_sqlite.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::TimePoint;
using common::sqlite::Database;

namespace {

bool are_there(Database& database, std::uint64_t one, std::uint64_t two) {
  auto rows = database.query("SELECT count(*) FROM users WHERE id IN (?, ?)", one, two);
  return rows.next() && rows.integer(0) == (one == two ? 1 : 2);
}

}  // namespace

Task<Result<FollowChange>> FollowStoreSqlite::follow(std::uint64_t follower, std::uint64_t followee,
                                                     std::uint64_t celebrity_followers, TimePoint now) {
  co_return co_await store_.writer().write([&](Database& database) {
    if (!are_there(database, follower, followee)) return FollowChange{};
    const int added = database.run(
        "INSERT INTO follows (follower_id, followee_id) VALUES (?, ?) ON CONFLICT DO NOTHING", follower, followee);
    if (added == 0) return FollowChange{true, 0};
    database.run("UPDATE users SET followers = followers + 1 WHERE id = ?", followee);
    database.run("UPDATE users SET celebrity_since = ? WHERE id = ? AND celebrity_since IS NULL AND followers >= ?",
                 now, followee, celebrity_followers);
    return FollowChange{true, rows::note(database, following_key(follower), 0, now)};
  });
}

Task<Result<FollowChange>> FollowStoreSqlite::unfollow(std::uint64_t follower, std::uint64_t followee, TimePoint now) {
  co_return co_await store_.writer().write([&](Database& database) {
    if (!are_there(database, follower, followee)) return FollowChange{};
    const int removed =
        database.run("DELETE FROM follows WHERE follower_id = ? AND followee_id = ?", follower, followee);
    if (removed == 0) return FollowChange{true, 0};
    database.run("UPDATE users SET followers = followers - 1 WHERE id = ?", followee);
    return FollowChange{true, rows::note(database, following_key(follower), 0, now)};
  });
}

Task<Result<std::vector<std::uint64_t>>> FollowStoreSqlite::followers(std::uint64_t user, std::uint64_t after,
                                                                      std::size_t limit) {
  co_return store_.read([&](Database& database) {
    auto rows = database.query(
        "SELECT follower_id FROM follows WHERE followee_id = ? AND follower_id > ? ORDER BY follower_id LIMIT ?", user,
        after, limit);
    std::vector<std::uint64_t> ids;
    while (rows.next())
      ids.push_back(static_cast<std::uint64_t>(rows.integer(0)));
    return ids;
  });
}

Task<Result<std::vector<Followee>>> FollowStoreSqlite::followees(std::uint64_t user) {
  co_return store_.read([&](Database& database) {
    auto rows = database.query(
        "SELECT id, celebrity_since IS NOT NULL FROM follows JOIN users ON id = followee_id"
        " WHERE follower_id = ? ORDER BY id",
        user);
    std::vector<Followee> followees;
    while (rows.next())
      followees.push_back({static_cast<std::uint64_t>(rows.integer(0)), rows.integer(1) != 0});
    return followees;
  });
}

Task<Result<Fame>> FollowStoreSqlite::fame(std::uint64_t user) {
  co_return store_.read([&](Database& database) {
    auto rows = database.query("SELECT followers, celebrity_since FROM users WHERE id = ?", user);
    Fame fame;
    if (!rows.next()) return fame;
    fame.followers = static_cast<std::uint64_t>(rows.integer(0));
    if (!rows.is_null(1)) fame.celebrity_since = rows.time(1);
    return fame;
  });
}

}  // namespace cache_aside
