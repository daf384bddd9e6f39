// Posts in PostgreSQL. As user_store_postgres.h.

#pragma once

#include "cache_aside/post_store.h"
#include "cache_aside/store_postgres.h"

namespace cache_aside {

class PostStorePostgres final : public PostStore {
 public:
  // `store` outlives this.
  explicit PostStorePostgres(StorePostgres& store) : store_(store) {}

  common::Task<common::Result<CreateOutcome<Post>>> create(Post post, std::optional<Keep<Post>> keep,
                                                           Change change) override;
  common::Task<common::Result<std::optional<Post>>> find(std::uint64_t id, std::uint64_t floor) override;
  common::Task<common::Result<EditOutcome<Post>>> edit(std::uint64_t id, std::string text,
                                                       std::optional<std::uint64_t> version, Change change) override;
  common::Task<common::Result<EditOutcome<Post>>> remove(std::uint64_t id, std::optional<std::uint64_t> version,
                                                         Change change) override;
  common::Task<common::Result<std::vector<std::uint64_t>>> newest(std::vector<std::uint64_t> authors,
                                                                  std::uint64_t below, std::size_t limit) override;
  common::Task<common::Result<std::uint64_t>> last_id() override;

 private:
  StorePostgres& store_;
};

}  // namespace cache_aside
