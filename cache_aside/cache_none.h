// No cache: every read asks the database. What the others are compared with.

#pragma once

#include "cache_aside/cache.h"

namespace cache_aside {

class CacheNone final : public Cache {
 public:
  common::Task<Lookup> get(std::string, Guard) override {
    Lookup lookup;
    lookup.away = true;
    co_return lookup;
  }
  common::Task<bool> put(std::string, Entry, Guard, std::string, std::string) override { co_return false; }
  common::Task<bool> invalidate(std::string, Guard, std::uint64_t) override { co_return true; }
};

}  // namespace cache_aside
