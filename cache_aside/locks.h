// A lock that all processes see, for whoever is to load a key. It expires, so a dead holder blocks nobody for long; and
// so it is no proof by itself: a put names the lock's token, and the cache refuses it when the lock has another holder
// by then (fencing: Kleppmann, "How to do distributed locking", 2016).

#pragma once

#include <optional>
#include <string>

#include "common/clock.h"
#include "common/result.h"
#include "common/runtime/task.h"

namespace cache_aside {

class Locks {
 public:
  virtual ~Locks() = default;
  // The token, if it is ours now, for `life` at most; nullopt: somebody else has it. An error: nobody knows.
  virtual common::Task<common::Result<std::optional<std::string>>> acquire(std::string key, common::Duration life) = 0;
  // Only if it is still ours.
  virtual common::Task<> release(std::string key, std::string token) = 0;
};

}  // namespace cache_aside
