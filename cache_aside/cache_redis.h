// The shared cache: one Redis that all processes ask. The steps of slot.h, in Lua where a step is more than a command.
//
//   GET                       a look-up; under Guard::stamp a miss also leaves a stamp (a script)
//   SET … PX                  a put without a guard: the textbook's SETEX
//   scripts                   guarded puts, and invalidations
//
// An invalidation that must not be lost (Guard::stamp, Guard::version) is tried until Redis has done it, for `patience`
// at most, counted from the first command that failed: so long an acknowledgement waits, and not at all while Redis has
// been failing for longer. After that the caller leaves the rest to the replay. What a reader can see meanwhile:
//
//   1. Redis dead: nothing from it. When it is back its old keys have other names (server_redis.h).
//   2. Redis hanging, or refusing writes, for longer than `patience`, then going on: an old value until the replay,
//      about a second. While it refuses them, nothing from it.
//   3. Redis out of one process's reach, not of the others': these may serve an old value until they have replayed what
//      that process left them, about a second after its commit.
//   4. Otherwise never what an acknowledged write has overwritten. A Redis without memory (maxmemory, noeviction) takes
//      nothing new, but invalidations.
//
// Memory of misses: a stamp lives for stamp_life, an absent row for its TTL. A maxmemory policy that evicts is safe
// under Guard::stamp (the put is refused) but not under Guard::version, whose markers it may take.
//
// Thread-safe.

#pragma once

#include <string>
#include <string_view>

#include "cache_aside/cache.h"
#include "cache_aside/server_redis.h"

namespace cache_aside {

class CacheRedis final : public Cache {
 public:
  static constexpr std::chrono::seconds stamp_life{30};  // longer than any load
  static constexpr std::chrono::seconds marker_life{30};
  static constexpr std::chrono::seconds patience{2};

  // `channel`: where invalidations are published for local tiers; empty: nowhere. `server` outlives this.
  explicit CacheRedis(ServerRedis& server, std::string channel = {}) : server_(server), channel_(std::move(channel)) {}

  common::Task<Lookup> get(std::string key, Guard guard) override;
  common::Task<bool> put(std::string key, Entry entry, Guard guard, std::string ticket, std::string fence) override;
  common::Task<bool> invalidate(std::string key, Guard guard, std::uint64_t version) override;

  // The ticket that get() gives with this entry.
  static std::string ticket_of(const Entry& entry);
  // The lock of a key, in the same hash slot.
  static std::string lock_name(std::string_view name) { return "{" + std::string(name) + "}:lock"; }

 private:
  common::Task<bool> try_invalidate(std::string_view key, Guard guard, std::uint64_t version);

  ServerRedis& server_;
  const std::string channel_;
};

}  // namespace cache_aside
