// --rebalance: moves every link to the shard that it belongs to, with its clicks and tags.
//
// Page by page a shard's codes are looked at; those that belong elsewhere are copied there in one transaction, then
// deleted here in another. No transaction spans the two, so a kill between them leaves a link on both, never on
// none; the next run copies nothing over it and deletes. No server runs meanwhile: Shards sees to that.
//
// Answers to idempotent requests stay where they are; LinkStoreSharded asks every shard for them.

#pragma once

#include <cstdint>

#include "common/runtime/task.h"
#include "url_shortener/shards.h"

namespace url_shortener {

class ShardMover {
 public:
  static constexpr std::size_t page_size = 1'000;

  explicit ShardMover(Shards& shards) : shards_(shards) {}

  // How many links were moved. Throws std::runtime_error with a line for people; then run it again.
  common::Task<std::uint64_t> run();

 private:
  common::Task<> move_from(std::size_t shard);
  common::Task<> move(std::size_t from, std::size_t to, const std::vector<std::string>& codes);

  Shards& shards_;
  std::uint64_t moved_ = 0;
};

// All of --rebalance: takes the databases' places, moves, and lets servers start again. Blocks. Answers what to tell
// whoever asked for it; throws likewise.
std::string rebalance(const std::vector<std::string>& urls);

}  // namespace url_shortener
