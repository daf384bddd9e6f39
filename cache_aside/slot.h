// One key's place in a cache, and the three ways to guard it. Pure. This is the model: the interleaver's cache decides
// by this code (tests/cache_aside/simulation.h). The Redis cache takes the same steps in Lua (cache_redis.cpp); the
// local one gives many keys one stamp, a counter (cache_local.h), and stands in the interleaver too.
//
// The race that recurs in every cache: a reader misses and loads version 1; a writer commits version 2 and deletes the
// key, which is not there; the reader writes version 1, and there it stays. A guard is what refuses that last step.
//
//   none      put always succeeds, invalidate deletes. The textbook's cache; it has the race.
//   stamp     a miss is handed a stamp, which stays in the slot. invalidate() puts another stamp there, and put()
//             succeeds only under the stamp that it was handed: a load from before an invalidation is refused. (Leases:
//             Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1. Theirs also admit one loader
//             at a time; these never make anybody wait.)
//   version   invalidate() leaves the new version as a marker, and put() refuses what is older than what the slot has:
//             compare-and-set. It must know the row's version, and a marker must outlive every load under way.
//
// What a slot holds is a value, a stamp, a marker, or nothing. A value that is to be refreshed is a stamp itself: it
// must still be the same when the new one comes.

#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "cache_aside/entry.h"

namespace cache_aside {

enum class Guard { none, stamp, version };

struct Slot {
  enum class Kind { nothing, value, stamp, marker };
  Kind kind = Kind::nothing;
  Entry entry;              // of a value
  std::string stamp;        // of a stamp
  std::uint64_t floor = 0;  // of a stamp or a marker: the row has at least this version
};

// What a put() must still find, to be told from all that comes after an invalidation.
inline std::string ticket_of(const Slot& slot) {
  switch (slot.kind) {
    case Slot::Kind::value:
      return "V" + std::to_string(slot.entry.version) + " " +
             std::to_string(slot.entry.fresh_until.time_since_epoch().count());
    case Slot::Kind::stamp:
      return "S" + slot.stamp;
    case Slot::Kind::marker:
      return "M" + std::to_string(slot.floor);
    case Slot::Kind::nothing:
      break;
  }
  return "";
}

// A look-up that found no value, guarded by a stamp: the slot has one afterwards. `fresh`: a stamp never used before.
inline void stamp_miss(Slot& slot, std::string fresh) {
  if (slot.kind == Slot::Kind::nothing) slot = {Slot::Kind::stamp, {}, std::move(fresh), 0};
}

// Whether the entry is kept. `ticket`: what ticket_of() said when the load began.
inline bool put(Slot& slot, Entry entry, Guard guard, std::string_view ticket) {
  if (guard == Guard::stamp && ticket_of(slot) != ticket) return false;
  if (guard == Guard::version) {
    const std::uint64_t known = slot.kind == Slot::Kind::value ? slot.entry.version : slot.floor;
    if (slot.kind != Slot::Kind::nothing && entry.version < known) return false;
  }
  slot = {Slot::Kind::value, std::move(entry), {}, 0};
  return true;
}

// After a change that gave the row `version`; 0 when nobody knows which. A value that has the change already stays.
inline void invalidate(Slot& slot, Guard guard, std::uint64_t version, std::string fresh) {
  const std::uint64_t known = slot.kind == Slot::Kind::value ? slot.entry.version : slot.floor;
  if (guard == Guard::none) {
    slot = {};
  } else if (guard == Guard::stamp) {
    if (slot.kind == Slot::Kind::value && version != 0 && known >= version) return;
    slot = {
        Slot::Kind::stamp, {}, std::move(fresh), slot.kind == Slot::Kind::stamp ? std::max(known, version) : version};
  } else if (version == 0) {
    slot = {};
  } else if (slot.kind == Slot::Kind::nothing || known < version) {
    slot = {Slot::Kind::marker, {}, {}, version};
  }
}

}  // namespace cache_aside
