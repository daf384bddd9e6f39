// Locks in Redis: SET NX PX, and a script that deletes only its own.

#pragma once

#include "cache_aside/locks.h"
#include "cache_aside/server_redis.h"

namespace cache_aside {

class LocksRedis final : public Locks {
 public:
  // `server` outlives this.
  explicit LocksRedis(ServerRedis& server) : server_(server) {}
  common::Task<common::Result<std::optional<std::string>>> acquire(std::string key, common::Duration life) override;
  common::Task<> release(std::string key, std::string token) override;

 private:
  ServerRedis& server_;
};

}  // namespace cache_aside
