// read: nothing is pushed. A reader merges the latest posts of all whom it follows.
//
// Right when: people post more than they read, or follow few. It hurts on every read: one list for each followee, and
// the slowest of them decides. Pure.

#pragma once

#include "cache_aside/fanout.h"

namespace cache_aside {

class FanoutRead final : public Fanout {
 public:
  bool pushes(const Fame&, common::TimePoint) const noexcept override { return false; }
  bool pulls(const Followee&) const noexcept override { return true; }
};

}  // namespace cache_aside
