// Users behind their cache: every read through CacheAside, every change through the write policy.
//
// Thread-safe: any thread of the runtime.

#pragma once

#include <functional>

#include "cache_aside/cache_aside.h"
#include "cache_aside/id_horizon.h"
#include "cache_aside/store_gate.h"
#include "cache_aside/user_store.h"
#include "cache_aside/write_policy.h"

namespace cache_aside {

class Users {
 public:
  struct Parts {
    UserStore& store;
    StoreGate& gate;
    CacheAside& reads;
    WritePolicy& policy;
    const common::Clock& clock;
    common::Duration ttl;
  };
  explicit Users(Parts parts);

  // Its value is the user's JSON; none when there is no such user. `chance` as CacheAside::read().
  common::Task<common::Result<Read>> read(std::uint64_t id, std::optional<double> chance = std::nullopt);
  std::optional<Read> read_now(std::uint64_t id, double chance);

  common::Task<common::Result<CreateOutcome<User>>> create(User user, std::optional<Keep<User>> keep);
  // `version`: to be based on; nullopt: whatever there is.
  common::Task<common::Result<EditOutcome<User>>> edit(std::uint64_t id, UserEdit edit,
                                                       std::optional<std::uint64_t> version);
  common::Task<common::Result<EditOutcome<User>>> remove(std::uint64_t id, std::optional<std::uint64_t> version);

 private:
  Parts parts_;
  IdHorizon horizon_;
};

}  // namespace cache_aside
