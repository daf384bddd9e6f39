// What a cache keeps of one row: its value, how new it is, and until when it may be used.
//
// A row is whatever the database answers for a key ("user:42", "post:7"), encoded as text, with a version that rises by
// one with every change of it. That there is no such row can be kept too (a negative entry): `value` is empty then.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"

namespace cache_aside {

// As committed in the database.
struct Row {
  std::uint64_t version = 1;
  std::string value;
};

struct Entry {
  std::uint64_t version = 0;         // of a negative entry: no version above it is known to have existed
  std::optional<std::string> value;  // none: there is no such row
  common::TimePoint fresh_until;     // afterwards it is a miss, or stale
  common::TimePoint kept_until;      // when the cache forgets it; later than fresh_until only where stale is served
  std::chrono::microseconds load_time{0};  // what it took to load
};

// Instead of a version that a row is known to have: nobody could say, so only the primary database may be asked.
inline constexpr std::uint64_t unknown_floor = UINT64_MAX;

// A time that never comes: for entries that do not expire.
inline constexpr common::TimePoint never = common::TimePoint::max();

}  // namespace cache_aside
