// hybrid: pushed for most, pulled for celebrities (those with at least --celebrity-followers).
//
// Right when: few have many followers, as in every social graph. It hurts at the border, which must not lose posts: a
// reader may have learned who is a celebrity up to one feed TTL ago, and longer where expired lists are still served
// (--stale-for). So a new celebrity's posts go both ways for two TTLs and that time, and the merge drops what is there
// twice; and a celebrity stays one. Pure.

#pragma once

#include "cache_aside/fanout.h"

namespace cache_aside {

class FanoutHybrid final : public Fanout {
 public:
  // A cached list of followees may be believed for `feed_ttl`, and then be served for `stale_for`.
  explicit FanoutHybrid(common::Duration feed_ttl, common::Duration stale_for) : both_for_(2 * feed_ttl + stale_for) {}
  bool pushes(const Fame& author, common::TimePoint now) const noexcept override {
    return !author.celebrity_since || now < *author.celebrity_since + both_for_;
  }
  bool pulls(const Followee& followee) const noexcept override { return followee.celebrity; }

 private:
  const common::Duration both_for_;
};

}  // namespace cache_aside
