// Cached lists of post ids, newest first: a user's feed, an author's latest.
//
// A list is there whole or not at all (cold). Its last element may be `the_end`: then there is nothing older in the
// database either; without it older ids have been dropped, and the database has them.
//
// The race of every cache is here too: a list is rebuilt from the database while a post is pushed, finds no list, and
// is missing from the one that is then stored. So a rebuild takes a ticket first, and a push to a cold list voids it.
// Rebuilds of one list at the same time share a valid ticket (as stamps are shared, slot.h): none voids another's, and
// the first to end is kept.
//
//   1. Lists are in strictly falling order of id, however late a push comes, and hold no id twice.
//   2. push() touches lists that are there; a cold one stays cold.
//   3. fill() is refused when something was pushed, or the list forgotten, since its ticket was taken.
//
// In Redis they are lists, not sorted sets: the ids are their own order, and 800 of 19 digits take 8 KB instead of 96
// (measured in tests/cache_aside/id_lists_contract_test.cpp). Thread-safe: any thread of the runtime.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/runtime/task.h"

namespace cache_aside {

class IdLists {
 public:
  static constexpr std::uint64_t the_end = 0;

  struct Options {
    std::size_t entries_max = 800;
    common::Duration ttl = std::chrono::minutes{5};
  };

  virtual ~IdLists() = default;

  // At most `limit` ids below `below`, and behind them the_end where it comes; nullopt: cold, or nobody can tell.
  virtual common::Task<std::optional<std::vector<std::uint64_t>>> read(std::string name, std::uint64_t below,
                                                                       std::size_t limit) = 0;
  // To be taken before anything is read of which the list is made.
  virtual common::Task<std::string> ticket(std::string name) = 0;
  // `ids`: as a list is, with the_end if nothing older exists. Whether it is kept.
  virtual common::Task<bool> fill(std::string name, std::vector<std::uint64_t> ids, std::string ticket) = 0;
  // Whether it is certainly done for all.
  virtual common::Task<bool> push(std::vector<std::string> names, std::uint64_t id) = 0;
  virtual common::Task<bool> forget(std::string name) = 0;
};

}  // namespace cache_aside
