// A follower graph as social networks have it: everybody follows many, most are followed by few, some by very many, and
// one by all. Generated, so that it costs no database; read-only.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "bench/cache_aside/workload.h"
#include "cache_aside/follow_store.h"
#include "common/random.h"

namespace bench::cache_aside_bench {

// Users 1 to `users`; user 1 is the celebrity, whom all follow. The others' followers fall off as a power law.
class FollowerGraph final : public cache_aside::FollowStore {
 public:
  FollowerGraph(std::uint64_t users, double mean_followers, std::uint64_t celebrity_followers)
      : celebrity_followers_(celebrity_followers), followers_(users + 1), followees_(users + 1) {
    common::SeededRandom random(1);
    const ExactZipf popularity(users - 1, 0.8);
    for (std::uint64_t user = 2; user <= users; ++user) {
      auto& mine = followees_[user];
      mine.push_back(1);
      while (static_cast<double>(mine.size()) < mean_followers) {  // without those drawn twice
        while (static_cast<double>(mine.size()) < mean_followers)
          mine.push_back(static_cast<std::uint32_t>(2 + popularity.next(random)));
        std::sort(mine.begin(), mine.end());
        mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
      }
      std::erase(mine, static_cast<std::uint32_t>(user));
      for (const std::uint32_t followee : mine)
        followers_[followee].push_back(static_cast<std::uint32_t>(user));
    }
  }

  double mean_followers() const {
    std::size_t sum = 0;
    for (const auto& each : followers_)
      sum += each.size();
    return static_cast<double>(sum) / static_cast<double>(followers_.size() - 1);
  }
  // Somebody whose followers are about the mean.
  std::uint64_t ordinary_user() const {
    const double mean = mean_followers();
    std::uint64_t best = 2;
    const auto distance = [&](std::uint64_t user) {
      return std::abs(static_cast<double>(followers_[user].size()) - mean);
    };
    for (std::uint64_t user = 2; user < followers_.size(); ++user) {
      if (distance(user) < distance(best)) best = user;
    }
    return best;
  }

  common::Task<common::Result<cache_aside::FollowChange>> follow(std::uint64_t, std::uint64_t, std::uint64_t,
                                                                 common::TimePoint) override {
    co_return common::Error{common::Failure::invalid, "the graph is fixed"};
  }
  common::Task<common::Result<cache_aside::FollowChange>> unfollow(std::uint64_t, std::uint64_t,
                                                                   common::TimePoint) override {
    co_return common::Error{common::Failure::invalid, "the graph is fixed"};
  }
  common::Task<common::Result<std::vector<std::uint64_t>>> followers(std::uint64_t user, std::uint64_t after,
                                                                     std::size_t limit) override {
    const auto& all = followers_[user];
    std::vector<std::uint64_t> page;
    for (auto at = std::upper_bound(all.begin(), all.end(), after); at != all.end() && page.size() < limit; ++at)
      page.push_back(*at);
    co_return page;
  }
  common::Task<common::Result<std::vector<cache_aside::Followee>>> followees(std::uint64_t user) override {
    std::vector<cache_aside::Followee> found;
    for (const std::uint32_t id : followees_[user])
      found.push_back({id, followers_[id].size() >= celebrity_followers_});
    co_return found;
  }
  common::Task<common::Result<cache_aside::Fame>> fame(std::uint64_t user) override {
    cache_aside::Fame fame;
    fame.followers = followers_[user].size();
    if (fame.followers >= celebrity_followers_) fame.celebrity_since = common::TimePoint{};
    co_return fame;
  }

 private:
  const std::uint64_t celebrity_followers_;
  std::vector<std::vector<std::uint32_t>> followers_;
  std::vector<std::vector<std::uint32_t>> followees_;
};

}  // namespace bench::cache_aside_bench
