#include "cache_aside/follow_store_postgres.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::TimePoint;
using common::postgres::Transaction;

namespace {

std::vector<std::uint64_t> ids_of(common::postgres::Rows& rows) {
  std::vector<std::uint64_t> ids;
  while (rows.next())
    ids.push_back(static_cast<std::uint64_t>(rows.integer(0)));
  return ids;
}

// Both users are there, and the one whose count changes is locked: who follows whom and the count agree.
Task<Result<bool>> lock(Transaction& transaction, std::uint64_t follower, std::uint64_t followee) {
  const auto locked = co_await transaction.run("SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE", followee);
  if (locked.has_error()) co_return locked.error();
  const auto other = co_await transaction.run("SELECT id FROM users WHERE id = $1 FOR KEY SHARE", follower);
  if (other.has_error()) co_return other.error();
  co_return locked->size() == 1 && other->size() == 1;
}

Task<Result<FollowChange>> note(Transaction& transaction, std::uint64_t follower, TimePoint now) {
  auto noted = co_await transaction.run(
      "INSERT INTO invalidations (key, version, at) VALUES ('following:' || $1::bigint, 0, $2) RETURNING id", follower,
      now);
  if (noted.has_error()) co_return noted.error();
  noted->next();
  co_return FollowChange{true, static_cast<std::uint64_t>(noted->integer(0))};
}

}  // namespace

Task<Result<FollowChange>> FollowStorePostgres::follow(std::uint64_t follower, std::uint64_t followee,
                                                       std::uint64_t celebrity_followers, TimePoint now) {
  co_return co_await store_.pool().transaction([&](Transaction& transaction) -> Task<Result<FollowChange>> {
    const auto there = co_await lock(transaction, follower, followee);
    if (there.has_error()) co_return there.error();
    if (!*there) co_return FollowChange{};
    const auto added = co_await transaction.run(
        "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", follower, followee);
    if (added.has_error()) co_return added.error();
    if (added->affected() == 0) co_return FollowChange{true, 0};
    const auto counted = co_await transaction.run(
        "UPDATE users SET followers = followers + 1, celebrity_since ="
        " CASE WHEN celebrity_since IS NULL AND followers + 1 >= $2 THEN $3 ELSE celebrity_since END WHERE id = $1",
        followee, celebrity_followers, now);
    if (counted.has_error()) co_return counted.error();
    co_return co_await note(transaction, follower, now);
  });
}

Task<Result<FollowChange>> FollowStorePostgres::unfollow(std::uint64_t follower, std::uint64_t followee,
                                                         TimePoint now) {
  co_return co_await store_.pool().transaction([&](Transaction& transaction) -> Task<Result<FollowChange>> {
    const auto there = co_await lock(transaction, follower, followee);
    if (there.has_error()) co_return there.error();
    if (!*there) co_return FollowChange{};
    const auto removed =
        co_await transaction.run("DELETE FROM follows WHERE follower_id = $1 AND followee_id = $2", follower, followee);
    if (removed.has_error()) co_return removed.error();
    if (removed->affected() == 0) co_return FollowChange{true, 0};
    const auto counted = co_await transaction.run("UPDATE users SET followers = followers - 1 WHERE id = $1", followee);
    if (counted.has_error()) co_return counted.error();
    co_return co_await note(transaction, follower, now);
  });
}

Task<Result<std::vector<std::uint64_t>>> FollowStorePostgres::followers(std::uint64_t user, std::uint64_t after,
                                                                        std::size_t limit) {
  auto rows = co_await store_.pool().read(
      "SELECT follower_id FROM follows WHERE followee_id = $1 AND follower_id > $2 ORDER BY follower_id LIMIT $3", user,
      after, limit);
  if (rows.has_error()) co_return rows.error();
  co_return ids_of(*rows);
}

Task<Result<std::vector<Followee>>> FollowStorePostgres::followees(std::uint64_t user) {
  auto rows = co_await store_.pool().read(
      "SELECT id, celebrity_since IS NOT NULL FROM follows JOIN users ON id = followee_id"
      " WHERE follower_id = $1 ORDER BY id",
      user);
  if (rows.has_error()) co_return rows.error();
  std::vector<Followee> followees;
  while (rows->next())
    followees.push_back({static_cast<std::uint64_t>(rows->integer(0)), rows->boolean(1)});
  co_return followees;
}

Task<Result<Fame>> FollowStorePostgres::fame(std::uint64_t user) {
  auto rows = co_await store_.pool().read("SELECT followers, celebrity_since FROM users WHERE id = $1", user);
  if (rows.has_error()) co_return rows.error();
  Fame fame;
  if (!rows->next()) co_return fame;
  fame.followers = static_cast<std::uint64_t>(rows->integer(0));
  if (!rows->is_null(1)) fame.celebrity_since = rows->time(1);
  co_return fame;
}

}  // namespace cache_aside
