// write: every post is pushed to every follower's feed.
//
// Right when: nobody has very many followers, and feeds are read far more often than written. It hurts when somebody
// does: one post becomes millions of writes, most of them to feeds that nobody will read before they expire. Pure.

#pragma once

#include "cache_aside/fanout.h"

namespace cache_aside {

class FanoutWrite final : public Fanout {
 public:
  bool pushes(const Fame&, common::TimePoint) const noexcept override { return true; }
  bool pulls(const Followee&) const noexcept override { return false; }
};

}  // namespace cache_aside
