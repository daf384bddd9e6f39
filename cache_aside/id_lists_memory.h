// Lists of ids in this process's memory, at most lists_max of them: when one more comes, the one filled longest ago
// goes. 0: none is kept, every feed comes from the database (--cache none).
//
// suspend() forgets all and keeps nothing until resume(), which voids the tickets from before: for when other
// processes' posts cannot be heard of (maintenance.h).

#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

#include "cache_aside/id_lists.h"

namespace cache_aside {

class IdListsMemory final : public IdLists {
 public:
  static constexpr std::size_t lists_default = 20'000;  // of 800 ids each they are 128 MB

  IdListsMemory(const common::Clock& clock, Options options, std::size_t lists_max = lists_default)
      : clock_(clock), options_(options), lists_max_(lists_max) {}

  common::Task<std::optional<std::vector<std::uint64_t>>> read(std::string name, std::uint64_t below,
                                                               std::size_t limit) override;
  common::Task<std::string> ticket(std::string name) override;
  common::Task<bool> fill(std::string name, std::vector<std::uint64_t> ids, std::string ticket) override;
  common::Task<bool> push(std::vector<std::string> names, std::uint64_t id) override;
  common::Task<bool> forget(std::string name) override;

  void suspend();
  void resume();

 private:
  struct List {
    std::vector<std::uint64_t> ids;
    common::TimePoint until;
  };
  List* find(const std::string& name);
  void clear();

  const common::Clock& clock_;
  const Options options_;
  const std::size_t lists_max_;
  std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, List> lists_;
  std::deque<std::pair<common::TimePoint, std::string>> ages_;
  std::unordered_map<std::string, std::uint64_t> tickets_;  // valid ones; at most lists_max
  std::uint64_t last_ticket_ = 0;
  bool suspended_ = false;
};

}  // namespace cache_aside
