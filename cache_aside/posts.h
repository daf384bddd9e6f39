// Posts behind their cache, as users.h. A new post is handed to the feed, which owes it to the author's followers until
// its row in the invalidation log is settled.
//
// Thread-safe: any thread of the runtime.

#pragma once

#include <functional>

#include "cache_aside/cache_aside.h"
#include "cache_aside/id_horizon.h"
#include "cache_aside/post_store.h"
#include "cache_aside/store_gate.h"
#include "cache_aside/write_policy.h"

namespace cache_aside {

class Posts {
 public:
  struct Parts {
    PostStore& store;
    StoreGate& gate;
    CacheAside& reads;
    WritePolicy& policy;
    const common::Clock& clock;
    common::Duration ttl;
  };
  // `posted`: begins to fan a new post out; `note` is its row in the log.
  Posts(Parts parts, std::function<void(const Post&, std::uint64_t note)> posted);

  // Its value is the post's JSON.
  common::Task<common::Result<Read>> read(std::uint64_t id);

  common::Task<common::Result<CreateOutcome<Post>>> create(Post post, std::optional<Keep<Post>> keep);
  common::Task<common::Result<EditOutcome<Post>>> edit(std::uint64_t id, std::string text,
                                                       std::optional<std::uint64_t> version);
  common::Task<common::Result<EditOutcome<Post>>> remove(std::uint64_t id, std::optional<std::uint64_t> version);

 private:
  Parts parts_;
  const std::function<void(const Post&, std::uint64_t)> posted_;
  IdHorizon horizon_;
};

}  // namespace cache_aside
