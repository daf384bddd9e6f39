// Users in PostgreSQL: each change is one statement, which compares the version, writes, and leaves its invalidation
// row.

#pragma once

#include "cache_aside/store_postgres.h"
#include "cache_aside/user_store.h"

namespace cache_aside {

class UserStorePostgres final : public UserStore {
 public:
  // `store` outlives this.
  explicit UserStorePostgres(StorePostgres& store) : store_(store) {}

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
  common::Task<common::postgres::SqlResult<common::postgres::Rows>> edit_unqueued(std::uint64_t id,
                                                                                  const UserEdit& edit,
                                                                                  std::optional<std::uint64_t> version,
                                                                                  const Change& change);
  common::Task<common::postgres::SqlResult<common::postgres::Rows>> work_off_one(std::uint64_t id);

  StorePostgres& store_;
};

}  // namespace cache_aside
