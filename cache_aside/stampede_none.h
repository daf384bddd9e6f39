// none: everybody who misses asks the database.
//
// Right when: loads are cheap and keys many, so that two seldom want one key at once. It hurts when a popular key
// expires: with r reads a second and a load of d seconds, about r d of them query the database at the same time.

#pragma once

#include "cache_aside/stampede.h"

namespace cache_aside {

class StampedeNone final : public Stampede {
 public:
  common::Task<common::Result<Loaded>> load(Miss miss) override {
    auto entry = co_await miss.fetch("");
    if (entry.has_error()) co_return entry.error();
    Loaded loaded{std::move(*entry), false};
    co_return loaded;
  }
};

}  // namespace cache_aside
