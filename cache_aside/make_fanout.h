// --fanout: the list of them, and one by its name.

#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "cache_aside/fanout.h"

namespace cache_aside {

struct FanoutChoice {
  std::string_view name;
  std::string_view description;
};

std::span<const FanoutChoice> fanout_choices();

// `stale_for`: how long an expired list of followees may still be served. Throws std::invalid_argument for a name that
// is not in the list.
std::unique_ptr<Fanout> make_fanout(std::string_view name, common::Duration feed_ttl,
                                    common::Duration stale_for = common::Duration{0});

}  // namespace cache_aside
