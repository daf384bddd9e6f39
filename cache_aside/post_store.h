// Where posts live. Optimistic locking as for users (user_store.h); a new post's invalidation row ("post:ID", version
// 1) also says that it has still to be fanned out.

#pragma once

#include <optional>
#include <vector>

#include "cache_aside/post.h"
#include "cache_aside/user.h"
#include "common/result.h"
#include "common/runtime/task.h"

namespace cache_aside {

class PostStore {
 public:
  virtual ~PostStore() = default;

  // A new post gets an id greater than all that were visible before. NoSuchUser when there is no such author.
  virtual common::Task<common::Result<CreateOutcome<Post>>> create(Post post, std::optional<Keep<Post>> keep,
                                                                   Change change) = 0;
  virtual common::Task<common::Result<std::optional<Post>>> find(std::uint64_t id, std::uint64_t floor) = 0;
  virtual common::Task<common::Result<EditOutcome<Post>>> edit(std::uint64_t id, std::string text,
                                                               std::optional<std::uint64_t> version, Change change) = 0;
  virtual common::Task<common::Result<EditOutcome<Post>>> remove(std::uint64_t id, std::optional<std::uint64_t> version,
                                                                 Change change) = 0;

  // Ids of the newest posts by any of `authors`, below `below`, newest first.
  virtual common::Task<common::Result<std::vector<std::uint64_t>>> newest(std::vector<std::uint64_t> authors,
                                                                          std::uint64_t below, std::size_t limit) = 0;
  virtual common::Task<common::Result<std::uint64_t>> last_id() = 0;
};

}  // namespace cache_aside
