// --stampede: the list of them, and one by its name.

#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "cache_aside/locks.h"
#include "cache_aside/stampede.h"

namespace cache_aside {

struct StampedeChoice {
  std::string_view name;
  std::string_view description;
};

std::span<const StampedeChoice> stampede_choices();

struct StampedeParts {
  Cache& cache;
  Guard guard;
  Locks* locks = nullptr;  // for distributed_lock
  const common::Clock& clock;
  common::Duration patience = std::chrono::seconds{5};    // of a waiter
  common::Duration stale_for = std::chrono::seconds{60};  // stale_while_revalidate
  double beta = 1.0;                                      // early_refresh
};

// Throws std::invalid_argument for a name that is not in the list, and for distributed_lock without locks.
std::unique_ptr<Stampede> make_stampede(std::string_view name, const StampedeParts& parts);

}  // namespace cache_aside
