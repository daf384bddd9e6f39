#include "cache_aside/follow_store_memory.h"

#include "cache_aside/keys.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::TimePoint;

Task<Result<FollowChange>> FollowStoreMemory::follow(std::uint64_t follower, std::uint64_t followee,
                                                     std::uint64_t celebrity_followers, TimePoint now) {
  const std::lock_guard lock(store_.mutex);
  if (!store_.users.contains(follower) || !store_.users.contains(followee)) co_return FollowChange{};
  if (!store_.followees[follower].insert(followee).second) co_return FollowChange{true, 0};
  store_.followers[followee].insert(follower);
  auto& followed = store_.users[followee];
  ++followed.followers;
  if (!followed.celebrity_since && followed.followers >= celebrity_followers) followed.celebrity_since = now;
  co_return FollowChange{true, store_.note(following_key(follower), 0, now)};
}

Task<Result<FollowChange>> FollowStoreMemory::unfollow(std::uint64_t follower, std::uint64_t followee, TimePoint now) {
  const std::lock_guard lock(store_.mutex);
  if (!store_.users.contains(follower) || !store_.users.contains(followee)) co_return FollowChange{};
  if (store_.followees[follower].erase(followee) == 0) co_return FollowChange{true, 0};
  store_.followers[followee].erase(follower);
  --store_.users[followee].followers;
  co_return FollowChange{true, store_.note(following_key(follower), 0, now)};
}

Task<Result<std::vector<std::uint64_t>>> FollowStoreMemory::followers(std::uint64_t user, std::uint64_t after,
                                                                      std::size_t limit) {
  const std::lock_guard lock(store_.mutex);
  std::vector<std::uint64_t> ids;
  const auto found = store_.followers.find(user);
  if (found == store_.followers.end()) co_return ids;
  for (auto at = found->second.upper_bound(after); at != found->second.end() && ids.size() < limit; ++at)
    ids.push_back(*at);
  co_return ids;
}

Task<Result<std::vector<Followee>>> FollowStoreMemory::followees(std::uint64_t user) {
  const std::lock_guard lock(store_.mutex);
  std::vector<Followee> followees;
  const auto found = store_.followees.find(user);
  if (found == store_.followees.end()) co_return followees;
  for (const std::uint64_t id : found->second)
    followees.push_back({id, store_.users.at(id).celebrity_since.has_value()});
  co_return followees;
}

Task<Result<Fame>> FollowStoreMemory::fame(std::uint64_t user) {
  const std::lock_guard lock(store_.mutex);
  const auto found = store_.users.find(user);
  Fame fame;
  if (found != store_.users.end()) {
    fame.followers = found->second.followers;
    fame.celebrity_since = found->second.celebrity_since;
  }
  co_return fame;
}

}  // namespace cache_aside
