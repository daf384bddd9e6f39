// Several PostgreSQL databases that share the links out among themselves, and which of them has what.
//
// The order of the URLs is part of the data: it says which shard a code belongs to. So each database remembers its
// place, and a process that lists them in another order, or leaves one out, is refused before it serves.
//
// Adding a shard: stop all servers; run one with the new list and --rebalance, which moves about 1 in n links to the
// new shard and ends; start the servers with the new list. Killed half way it is run again (shard_mover.h).
//
// Thread-safe once built. The stores on top refer to this: they go first.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/runtime.h"
#include "url_shortener/shard_ring.h"
#include "url_shortener/store_postgres.h"

namespace url_shortener {

enum class ShardUse {
  serve,     // refused where the databases remember another list than this
  rebalance  // may add databases without links at the end; refused while a server uses one
};

class Shards {
 public:
  // `connections`: to each, of this process. Throws std::runtime_error with a line for people.
  Shards(common::Runtime& runtime, const std::vector<std::string>& urls, std::size_t connections,
         ShardUse use = ShardUse::serve);

  const ShardRing& ring() const noexcept { return ring_; }
  std::size_t size() const noexcept { return stores_.size(); }
  StorePostgres& at(std::size_t shard) const { return *stores_[shard]; }

  // Why nothing can be written on one of them, if so.
  std::optional<std::string> trouble() const;
  common::Task<> stop();

 private:
  ShardRing ring_;
  std::vector<std::unique_ptr<StorePostgres>> stores_;
};

// Has each database remember its place among `urls`, or refuses, as above. Blocks.
void take_places(const std::vector<std::string>& urls, ShardUse use);
// The links are where the list says: servers may start.
void end_rebalance(const std::vector<std::string>& urls);

}  // namespace url_shortener
