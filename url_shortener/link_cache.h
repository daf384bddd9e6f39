// A cache of links that several processes share, asked before the store. Its implementation: link_cache_redis.h. What
// one thread keeps for itself, and is asked without waiting, is another thing: link_cache_local.h.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/runtime/task.h"
#include "url_shortener/link.h"

namespace url_shortener {

class LinkCache {
 public:
  virtual ~LinkCache() = default;

  // What is known of a code: a link, or that there is none.
  struct Known {
    std::optional<Link> link;  // without what a redirect does not need: tags, createdAt
  };
  // nullopt: nothing is known, or the cache is away. Never longer than its timeout.
  virtual common::Task<std::optional<Known>> find(std::string code) = 0;

  // To be taken before the store is read, and given to put(): how old what is put is, however late it arrives.
  virtual common::TimePoint stamp() const = 0;
  // Keeps what the store said, unless something newer is known. Nobody need wait for it.
  virtual common::Task<void> put(std::string code, std::optional<Link> link, common::TimePoint stamp) = 0;

  // To be awaited after the store has changed: created, edited, deleted. `version`: the link's new one, 1 for a new
  // link; none when nobody knows how the change ended. After it no find() of this process gives what was before.
  virtual common::Task<void> changed(std::string code, std::optional<std::uint64_t> version) = 0;
};

}  // namespace url_shortener
