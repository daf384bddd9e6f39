// The stores that every contract test runs on. Two of each, which share their data as two processes would: two
// connections to one SQLite file, or simply one memory store twice.

#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "tests/support/catch.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_folder.h"
#include "url_shortener/click_store_memory.h"
#include "url_shortener/click_store_sqlite.h"
#include "url_shortener/id_source_memory.h"
#include "url_shortener/id_source_sqlite.h"
#include "url_shortener/key_pool_memory.h"
#include "url_shortener/key_pool_sqlite.h"
#include "url_shortener/link_store_memory.h"
#include "url_shortener/link_store_sqlite.h"
#include "url_shortener/machine_ids_memory.h"
#include "url_shortener/machine_ids_sqlite.h"

namespace url_shortener {

inline const std::string store_kinds[] = {"memory", "sqlite"};

template <class Interface, class Memory, class Sqlite>
class StoresUnderTest {
 public:
  explicit StoresUnderTest(const std::string& kind) {
    if (kind == "memory") {
      one_ = two_ = std::make_shared<Memory>();
      return;
    }
    one_file_ = std::make_unique<StoreSqlite>(folder_.path());
    two_file_ = std::make_unique<StoreSqlite>(folder_.path());
    one_ = std::make_shared<Sqlite>(*one_file_);
    two_ = std::make_shared<Sqlite>(*two_file_);
  }

  Interface& one() { return *one_; }
  Interface& two() { return *two_; }
  const testing::TempFolder& folder() const { return folder_; }

 private:
  testing::TempFolder folder_;
  std::unique_ptr<StoreSqlite> one_file_;
  std::unique_ptr<StoreSqlite> two_file_;
  std::shared_ptr<Interface> one_;
  std::shared_ptr<Interface> two_;
};

using LinkStores = StoresUnderTest<LinkStore, LinkStoreMemory, LinkStoreSqlite>;
using ClickStores = StoresUnderTest<ClickStore, ClickStoreMemory, ClickStoreSqlite>;
using IdSources = StoresUnderTest<IdSource, IdSourceMemory, IdSourceSqlite>;
using MachineIdStores = StoresUnderTest<MachineIds, MachineIdsMemory, MachineIdsSqlite>;
using KeyPools = StoresUnderTest<KeyPool, KeyPoolMemory, KeyPoolSqlite>;

// Every test case that begins with this runs once for each kind.
#define FOR_EACH_KIND(Stores, stores)                    \
  const std::string kind = GENERATE("memory", "sqlite"); \
  INFO(kind);                                            \
  Stores stores(kind)

inline constexpr common::TimePoint noon{std::chrono::seconds{1'750'000'000}};

inline Link new_link(std::string code, std::string long_url = "https://example.com/",
                     common::TimePoint created_at = noon) {
  Link link;
  link.code = std::move(code);
  link.long_url = std::move(long_url);
  link.created_at = created_at;
  return link;
}

// Leases all machine numbers but `left` of them, each to another owner, from `now` on.
inline void lease_to_others(MachineIds& machines, std::uint32_t left, Millisecond now,
                            std::chrono::milliseconds length) {
  const auto lease = [](MachineIds& from, std::string owner, Millisecond at,
                        std::chrono::milliseconds span) -> common::Task<> {
    const auto leased = (co_await from.lease(std::move(owner), at, span)).value();
    if (!leased) throw std::runtime_error("no machine number is free");
  };
  std::vector<common::Task<>> tasks;
  for (std::uint32_t i = left; i < Snowflake::machines; ++i)
    tasks.push_back(lease(machines, "neighbour " + std::to_string(i), now, length));
  testing::run_tasks(std::move(tasks));
}

inline Insert insert_of(Link link) {
  Insert insert;
  insert.link = std::move(link);
  return insert;
}

}  // namespace url_shortener
