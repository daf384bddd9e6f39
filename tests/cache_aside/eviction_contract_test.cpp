// What every eviction policy owes the cache: it names each entry once, and only entries that are there.

#include <set>

#include "cache_aside/make_eviction.h"
#include "common/random.h"
#include "tests/support/catch.h"

using namespace cache_aside;

TEST_CASE("a policy names only entries that are there, each once, whatever came before") {
  for (const auto& choice : eviction_choices()) {
    INFO(std::string(choice.name));
    constexpr std::size_t capacity = 50;
    const auto policy = make_eviction(choice.name, capacity);
    common::SeededRandom random(1);
    std::set<Eviction::Slot> there;
    std::set<Eviction::Slot> free;
    for (Eviction::Slot slot = 0; slot < capacity; ++slot)
      free.insert(slot);
    bool sound = true;
    for (int i = 0; i < 20'000 && sound; ++i) {
      const auto pick = [&](const std::set<Eviction::Slot>& from) {
        return *std::next(from.begin(), static_cast<std::ptrdiff_t>(random.below(from.size())));
      };
      const auto what = random.below(10);
      if (what < 5 && !there.empty()) {
        policy->touched(pick(there));
      } else if (what < 6 && !there.empty()) {
        const auto slot = pick(there);
        policy->removed(slot);
        there.erase(slot);
        free.insert(slot);
      } else {
        if (free.empty()) {
          const auto victim = policy->victim();
          sound = there.erase(victim) == 1;
          free.insert(victim);
        }
        const auto slot = pick(free);
        free.erase(slot);
        there.insert(slot);
        policy->added(slot, random.below(200) * 0x9E3779B97F4A7C15ULL);
      }
    }
    CHECK(sound);
    while (sound && !there.empty())
      sound = there.erase(policy->victim()) == 1;
    CHECK(sound);
  }
}

TEST_CASE("an entry that is used all the time stays while others pass through") {
  for (const auto& choice : eviction_choices()) {
    INFO(std::string(choice.name));
    constexpr std::size_t capacity = 100;
    const auto policy = make_eviction(choice.name, capacity);
    for (Eviction::Slot slot = 0; slot < capacity; ++slot)
      policy->added(slot, slot + 1);
    bool evicted = false;
    for (std::uint64_t i = 0; i < 10'000 && !evicted; ++i) {
      policy->touched(7);
      const auto victim = policy->victim();
      evicted = victim == 7;
      policy->added(victim, 1000 + i);
    }
    CHECK_FALSE(evicted);
  }
}

TEST_CASE("an unknown policy is refused") {
  CHECK_THROWS_AS(make_eviction("fifo", 10), std::invalid_argument);
}
