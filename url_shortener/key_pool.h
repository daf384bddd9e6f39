// Codes made beforehand and handed out once: the store behind `key_pool`. Interviews call it a key generation service.
//
//   1. A key is claimed once, by whoever asked; by nobody else, in any process, after any crash.
//   2. A key that was ever in the pool is never added again. What a crash loses of a claim is lost for good.
//
// Durable before the answer.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/runtime/task.h"

namespace url_shortener {

class KeyPool {
 public:
  virtual ~KeyPool() = default;

  // Takes up to `count` keys out of the pool, those added first; fewer when it has fewer.
  virtual common::Task<common::Result<std::vector<std::string>>> claim(std::size_t count) = 0;

  // Adds those of `keys` that are new, and answers how many were.
  virtual common::Task<common::Result<std::size_t>> add(std::vector<std::string> keys) = 0;

  // The same, and nobody but the caller ever gets those: they are claimed as they are added. The new ones, as ordered.
  virtual common::Task<common::Result<std::vector<std::string>>> add_claimed(std::vector<std::string> keys) = 0;

  // How many can be claimed.
  virtual common::Task<common::Result<std::size_t>> size() = 0;
};

}  // namespace url_shortener
