// Numbers that nobody else gets: the counter behind `counter`, `counter_block` and `permuted_counter`.
//
// A process leases a block of ids at once and hands them out from memory. What a crash leaves unused of a
// block is lost for good, never given out twice: codes may have gaps, not duplicates.

#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"
#include "common/runtime/task.h"

namespace url_shortener {

struct IdBlock {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

// 16 bytes that nobody can guess.
std::string make_permutation_key();

class IdSource {
 public:
  virtual ~IdSource() = default;
  // The next `count` ids (at least 1), durable before the answer; blocks never overlap, across processes and crashes.
  virtual common::Task<common::Result<IdBlock>> lease(std::uint64_t count) = 0;
  // The store's own secret of 16 bytes, made once by whoever asks first; the same for all processes.
  virtual common::Task<common::Result<std::string>> permutation_key() = 0;
};

}  // namespace url_shortener
