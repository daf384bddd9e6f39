// Who follows whom.
//
// A user whose followers reach `celebrity_followers` becomes a celebrity, once and for all: the moment is kept, since
// for a while after it both ways of fan-out must go on (feed.h).

#pragma once

#include <optional>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/runtime/task.h"

namespace cache_aside {

struct Followee {
  std::uint64_t id = 0;
  bool celebrity = false;
};

struct Fame {
  std::uint64_t followers = 0;
  std::optional<common::TimePoint> celebrity_since;
};

// What became of a follow or an unfollow.
struct FollowChange {
  bool there = false;      // false: one of the two is not
  std::uint64_t note = 0;  // its row in the invalidation log; 0: nothing has changed
};

class FollowStore {
 public:
  virtual ~FollowStore() = default;

  // Following twice is following once. A change leaves an invalidation row ("following:FOLLOWER", version 0).
  virtual common::Task<common::Result<FollowChange>> follow(std::uint64_t follower, std::uint64_t followee,
                                                            std::uint64_t celebrity_followers,
                                                            common::TimePoint now) = 0;
  virtual common::Task<common::Result<FollowChange>> unfollow(std::uint64_t follower, std::uint64_t followee,
                                                              common::TimePoint now) = 0;

  // In order of id, after `after`.
  virtual common::Task<common::Result<std::vector<std::uint64_t>>> followers(std::uint64_t user, std::uint64_t after,
                                                                             std::size_t limit) = 0;
  // All whom `user` follows, in order of id.
  virtual common::Task<common::Result<std::vector<Followee>>> followees(std::uint64_t user) = 0;
  virtual common::Task<common::Result<Fame>> fame(std::uint64_t user) = 0;
};

}  // namespace cache_aside
