// Lists of ids in Redis, shared by all processes: one script is one step, many lists at a time for a push.

#pragma once

#include "cache_aside/id_lists.h"
#include "cache_aside/server_redis.h"

namespace cache_aside {

class IdListsRedis final : public IdLists {
 public:
  static constexpr std::size_t push_max = 200;  // lists in one script: Redis does nothing else meanwhile

  // `server` outlives this.
  IdListsRedis(ServerRedis& server, Options options) : server_(server), options_(options) {}

  common::Task<std::optional<std::vector<std::uint64_t>>> read(std::string name, std::uint64_t below,
                                                               std::size_t limit) override;
  common::Task<std::string> ticket(std::string name) override;
  common::Task<bool> fill(std::string name, std::vector<std::uint64_t> ids, std::string ticket) override;
  common::Task<bool> push(std::vector<std::string> names, std::uint64_t id) override;
  common::Task<bool> forget(std::string name) override;

 private:
  ServerRedis& server_;
  const Options options_;
};

}  // namespace cache_aside
