// An eviction policy at work on keys that are numbers, without values, locks or strings: for hit ratios and costs.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "cache_aside/make_eviction.h"
#include "cache_aside/slot_list.h"

namespace bench::cache_aside_bench {

class EvictionRun {
 public:
  EvictionRun(std::string_view policy, std::size_t capacity, std::size_t objects)
      : policy_(cache_aside::make_eviction(policy, capacity)),
        capacity_(capacity),
        slot_of_(objects, cache_aside::no_slot) {}

  // Whether `object` was there; it is afterwards.
  bool request(std::uint64_t object) {
    std::uint32_t& slot = slot_of_[object];
    if (slot != cache_aside::no_slot) {
      policy_->touched(slot);
      return true;
    }
    if (object_in_.size() < capacity_) {
      slot = static_cast<std::uint32_t>(object_in_.size());
      object_in_.push_back(object);
    } else {
      const std::uint32_t victim = policy_->victim();
      slot_of_[object_in_[victim]] = cache_aside::no_slot;
      slot = victim;
      object_in_[victim] = object;
    }
    policy_->added(slot, object * 0x9E3779B97F4A7C15ULL);
    return false;
  }

 private:
  std::unique_ptr<cache_aside::Eviction> policy_;
  std::size_t capacity_;
  std::vector<std::uint32_t> slot_of_;    // by object
  std::vector<std::uint64_t> object_in_;  // by slot
};

}  // namespace bench::cache_aside_bench
