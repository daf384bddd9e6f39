// Ids one at a time, from blocks leased many at a time: one durable write for a thousand links.
//
// Thread-safe, for coroutines of any io_context. Guarantees:
//
//   1. No id is handed out twice, because no two blocks overlap (id_source.h).
//   2. At most one lease is under way. Whoever finds the block empty meanwhile waits for it, asleep, holding no
//      thread (refill.h).
//   3. A lease that fails, fails for all who wait: they would only repeat it one after the other.

#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "common/result.h"
#include "common/runtime/task.h"
#include "url_shortener/id_source.h"
#include "url_shortener/refill.h"

namespace url_shortener {

class LeasedIds {
 public:
  // `source` outlives this. `block_size` at least 1.
  LeasedIds(IdSource& source, std::uint64_t block_size);

  // Errors are the source's.
  common::Task<common::Result<std::uint64_t>> next();

 private:
  common::Task<common::Result<>> lease();
  std::optional<std::uint64_t> take();
  bool empty();

  IdSource& source_;
  const std::uint64_t block_size_;
  Refill refill_;

  std::mutex mutex_;  // guards what follows; never held across a co_await
  std::uint64_t next_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace url_shortener
