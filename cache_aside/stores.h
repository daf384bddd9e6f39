// What --store chooses: where users, posts, follows and the invalidation log live, together.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cache_aside/config.h"
#include "cache_aside/follow_store.h"
#include "cache_aside/invalidation_log.h"
#include "cache_aside/post_store.h"
#include "cache_aside/user_store.h"
#include "common/metrics.h"
#include "common/runtime/runtime.h"

namespace cache_aside {

struct Stores {
  std::shared_ptr<void> shared;  // what those below share, such as the database
  std::unique_ptr<UserStore> users;
  std::unique_ptr<PostStore> posts;
  std::unique_ptr<FollowStore> follows;
  std::unique_ptr<InvalidationLog> log;
  std::function<void(std::function<void()>)>
      on_query;          // for what is asked twice: the primary after a replica. Or empty
  std::string identity;  // of the data: two databases have different ones
  std::function<std::optional<std::string>()> trouble;  // for /readyz: why nothing can be written now; may be empty
};

// Opens what config.store names; registers its closing with `runtime`.
// Throws std::runtime_error when it cannot be opened.
Stores open_stores(const Config& config, common::Runtime& runtime, common::Metrics& metrics);

}  // namespace cache_aside
