// Several PostgreSQL databases that share the links out among themselves, and which of them has what.
//
// The order of the URLs is part of the data: it says which shard a code belongs to. So each database remembers its
// place, and a process that lists them in another order, or leaves one out, is refused before it serves; and each of
// its sessions is, from the first statement on.
//
// Adding a shard: stop all servers; run one with the new list and --rebalance, which moves about 1 in n links to the
// new shard and ends; start the servers with the new list. Killed half way it is run again (shard_mover.h). It finds no
// server at work, and none begins to: every session of a server holds an advisory lock of its database in shared mode
// from its beginning to its end, and a --rebalance holds that lock alone, on all shards. A server that was cut off
// meanwhile comes back to a database that refuses its old list, and says so at /readyz.
//
// Thread-safe once built. The stores on top refer to this: they go first.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/postgres/blocking.h"
#include "common/runtime/runtime.h"
#include "url_shortener/shard_ring.h"
#include "url_shortener/store_postgres.h"

namespace url_shortener {

enum class ShardUse {
  serve,     // refused where the databases remember another list than this
  rebalance  // may add databases without links at the end; refused while a server uses one
};

// What take_places() found or made.
struct Places {
  std::string list;  // its name
  // Of a rebalance: while they live no server and no other rebalance uses the databases.
  std::vector<std::unique_ptr<common::postgres::Blocking>> sessions;
};
// Has each database remember its place among `urls`, or refuses, as above. Blocks.
Places take_places(const std::vector<std::string>& urls, ShardUse use);

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
  Places places_;
  std::vector<std::unique_ptr<StorePostgres>> stores_;
};

// The links are where the list says: servers may start.
void end_rebalance(const std::vector<std::string>& urls);

}  // namespace url_shortener
