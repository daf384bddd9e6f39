// Which entry goes when a cache is full. One file each:
//
//   lru         the one not used for longest
//   lfu         the one used least often
//   clock       a circle of entries with a bit each: one more round for who was used
//   sieve       a queue with a bit each, and a hand that never moves what it spares
//   s3_fifo     a small queue for newcomers, a main one, and a memory of who left
//   w_tinylfu   a small window, and a main part that only lets in who is wanted more than who would leave
//
// A policy knows entries by small numbers (slots of the cache's table) and by their keys' hashes; it holds no values.
// The cache tells it what happens, and asks for victims:
//
//   on a hit      touched(slot)
//   on a miss     while there is no room: slot = victim(), which the policy has then forgotten; then added(slot, hash)
//   on a delete   removed(slot)
//
// Belongs to one cache shard and its lock. Deterministic.

#pragma once

#include <cstddef>
#include <cstdint>

namespace cache_aside {

class Eviction {
 public:
  using Slot = std::uint32_t;

  virtual ~Eviction() = default;
  virtual void touched(Slot slot) = 0;
  virtual void added(Slot slot, std::uint64_t hash) = 0;
  // Only when there is at least one.
  virtual Slot victim() = 0;
  virtual void removed(Slot slot) = 0;
};

}  // namespace cache_aside
