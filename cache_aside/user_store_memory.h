// Users in this process's memory: for trying out, and for tests.

#pragma once

#include "cache_aside/store_memory.h"
#include "cache_aside/user_store.h"

namespace cache_aside {

class UserStoreMemory final : public UserStore {
 public:
  // `store` outlives this.
  explicit UserStoreMemory(StoreMemory& store) : store_(store) {}

  common::Task<common::Result<CreateOutcome<User>>> create(User user, std::optional<Keep<User>> keep,
                                                           Change change) override;
  common::Task<common::Result<std::optional<User>>> find(std::uint64_t id, std::uint64_t floor) override;
  common::Task<common::Result<EditOutcome<User>>> edit(std::uint64_t id, UserEdit edit,
                                                       std::optional<std::uint64_t> version, Change change) override;
  common::Task<common::Result<EditOutcome<User>>> remove(std::uint64_t id, std::optional<std::uint64_t> version,
                                                         Change change) override;
  common::Task<common::Result<EditOutcome<User>>> enqueue(std::uint64_t id, UserEdit edit,
                                                          std::optional<std::uint64_t> version) override;
  common::Task<common::Result<std::size_t>> work_off(std::size_t limit) override;
  common::Task<common::Result<std::uint64_t>> last_id() override;

 private:
  StoreMemory& store_;
};

}  // namespace cache_aside
