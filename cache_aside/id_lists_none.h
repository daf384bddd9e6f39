// No lists: every feed is rebuilt from the database (--cache none).

#pragma once

#include "cache_aside/id_lists.h"

namespace cache_aside {

class IdListsNone final : public IdLists {
 public:
  common::Task<std::optional<std::vector<std::uint64_t>>> read(std::string, std::uint64_t, std::size_t) override {
    co_return std::nullopt;
  }
  common::Task<std::string> ticket(std::string) override { co_return ""; }
  common::Task<bool> fill(std::string, std::vector<std::uint64_t>, std::string) override { co_return false; }
  common::Task<bool> push(std::vector<std::string>, std::uint64_t) override { co_return true; }
  common::Task<bool> forget(std::string) override { co_return true; }
};

}  // namespace cache_aside
