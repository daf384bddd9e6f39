// --eviction: the list of them, and one by its name.

#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "cache_aside/eviction.h"

namespace cache_aside {

struct EvictionChoice {
  std::string_view name;
  std::string_view description;
};

std::span<const EvictionChoice> eviction_choices();

// For a cache of `capacity` entries. Throws std::invalid_argument for a name that is not in the list.
std::unique_ptr<Eviction> make_eviction(std::string_view name, std::size_t capacity);

}  // namespace cache_aside
