// Who follows whom, in PostgreSQL.

#pragma once

#include "cache_aside/follow_store.h"
#include "cache_aside/store_postgres.h"

namespace cache_aside {

class FollowStorePostgres final : public FollowStore {
 public:
  // `store` outlives this.
  explicit FollowStorePostgres(StorePostgres& store) : store_(store) {}

  common::Task<common::Result<FollowChange>> follow(std::uint64_t follower, std::uint64_t followee,
                                                    std::uint64_t celebrity_followers, common::TimePoint now) override;
  common::Task<common::Result<FollowChange>> unfollow(std::uint64_t follower, std::uint64_t followee,
                                                      common::TimePoint now) override;
  common::Task<common::Result<std::vector<std::uint64_t>>> followers(std::uint64_t user, std::uint64_t after,
                                                                     std::size_t limit) override;
  common::Task<common::Result<std::vector<Followee>>> followees(std::uint64_t user) override;
  common::Task<common::Result<Fame>> fame(std::uint64_t user) override;

 private:
  StorePostgres& store_;
};

}  // namespace cache_aside
