// --write-policy: the list of them, and one by its name.

#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "cache_aside/write_policy.h"

namespace cache_aside {

struct WritePolicyChoice {
  std::string_view name;
  std::string_view description;
};

std::span<const WritePolicyChoice> write_policy_choices();

// Throws std::invalid_argument for a name that is not in the list.
std::unique_ptr<WritePolicy> make_write_policy(std::string_view name, WritePolicy::Parts parts);

}  // namespace cache_aside
