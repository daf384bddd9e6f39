#include "cache_aside/make_fanout.h"

#include <array>
#include <stdexcept>
#include <string>

#include "cache_aside/fanout_hybrid.h"
#include "cache_aside/fanout_read.h"
#include "cache_aside/fanout_write.h"

namespace cache_aside {

std::span<const FanoutChoice> fanout_choices() {
  static constexpr std::array<FanoutChoice, 3> choices{{
      {"hybrid", "pushed to followers' feeds, celebrities' merged at reading"},
      {"write", "every post is pushed to every follower's feed (push)"},
      {"read", "a feed is merged from its authors' posts when read (pull)"},
  }};
  return choices;
}

std::unique_ptr<Fanout> make_fanout(std::string_view name, common::Duration feed_ttl, common::Duration stale_for) {
  if (name == "hybrid") return std::make_unique<FanoutHybrid>(feed_ttl, stale_for);
  if (name == "write") return std::make_unique<FanoutWrite>();
  if (name == "read") return std::make_unique<FanoutRead>();
  throw std::invalid_argument("no fan-out " + std::string(name));
}

}  // namespace cache_aside
