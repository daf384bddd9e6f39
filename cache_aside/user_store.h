// Where users live. One contract test (tests/cache_aside/user_store_contract_test.cpp), one file an implementation.
//
// The guarantee all of them give is optimistic locking: a change names the version that it is based on, and the store
// compares and writes in one step (UPDATE … WHERE version = ?). Of any number of racing changes of one version one is
// made; the others learn the current version. Versions of a user only rise, and an id is never used twice.
//
// A change can leave an invalidation row ("user:ID", the new version) in its own transaction (invalidation_log.h).

#pragma once

#include <optional>

#include "cache_aside/user.h"
#include "common/result.h"
#include "common/runtime/task.h"

namespace cache_aside {

class UserStore {
 public:
  virtual ~UserStore() = default;

  // A new user gets an id greater than all before; `user`'s own id and version are ignored.
  virtual common::Task<common::Result<CreateOutcome<User>>> create(User user, std::optional<Keep<User>> keep,
                                                                   Change change) = 0;

  // `floor`: the user is known to have had at least this version. A replica that answers less is behind, and the
  // primary is asked. unknown_floor (entry.h): only the primary.
  virtual common::Task<common::Result<std::optional<User>>> find(std::uint64_t id, std::uint64_t floor) = 0;

  // If its version is `version` (nullopt: whatever it is).
  virtual common::Task<common::Result<EditOutcome<User>>> edit(std::uint64_t id, UserEdit edit,
                                                               std::optional<std::uint64_t> version, Change change) = 0;

  // Likewise; with the user go its posts, each with an invalidation row, and all who followed or were followed. The
  // outcome holds the user as it was, its version one higher.
  virtual common::Task<common::Result<EditOutcome<User>>> remove(std::uint64_t id, std::optional<std::uint64_t> version,
                                                                 Change change) = 0;

  // For write_behind: as edit(), but the change waits in a durable queue, one a user, and find() does not see it yet.
  // Versions are compared with what is queued.
  virtual common::Task<common::Result<EditOutcome<User>>> enqueue(std::uint64_t id, UserEdit edit,
                                                                  std::optional<std::uint64_t> version) = 0;
  // Makes at most `limit` queued changes; how many they were. edit() and remove() do it for
  // their user first, so none is lost to a process with another write policy; only two that change one row at the same
  // moment, one by edit() and one by enqueue(), may lose one of the two (PostgreSQL).
  virtual common::Task<common::Result<std::size_t>> work_off(std::size_t limit) = 0;

  // The greatest id given out; 0 before the first.
  virtual common::Task<common::Result<std::uint64_t>> last_id() = 0;
};

}  // namespace cache_aside
