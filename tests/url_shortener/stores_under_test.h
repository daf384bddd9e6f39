// The stores that every contract test runs on. Two of each, which share their data as two processes would: two
// connections to one SQLite file, or simply one memory store twice.

#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "tests/support/catch.h"
#include "tests/support/postgres_support.h"
#include "tests/support/require.h"
#include "tests/support/run_task.h"
#include "tests/support/running_runtime.h"
#include "tests/support/temp_folder.h"
#include "url_shortener/click_store_memory.h"
#include "url_shortener/click_store_postgres.h"
#include "url_shortener/click_store_sharded.h"
#include "url_shortener/click_store_sqlite.h"
#include "url_shortener/id_source_memory.h"
#include "url_shortener/id_source_postgres.h"
#include "url_shortener/id_source_sqlite.h"
#include "url_shortener/key_pool_memory.h"
#include "url_shortener/key_pool_postgres.h"
#include "url_shortener/key_pool_sqlite.h"
#include "url_shortener/link_store_memory.h"
#include "url_shortener/link_store_postgres.h"
#include "url_shortener/link_store_sharded.h"
#include "url_shortener/link_store_sqlite.h"
#include "url_shortener/machine_ids_memory.h"
#include "url_shortener/machine_ids_postgres.h"
#include "url_shortener/machine_ids_sqlite.h"

namespace url_shortener {

// The unit tests run on what needs no service. The same files are compiled again for the tests with services, with
// STORE_KINDS="postgres","shards" (tests/CMakeLists.txt).
#ifndef STORE_KINDS
#define STORE_KINDS "memory", "sqlite"
#endif
inline const std::string store_kinds[] = {STORE_KINDS};

// False, said aloud, when a kind needs a service that is not there.
inline bool is_there(const std::string& kind) {
  return kind == "memory" || kind == "sqlite" ||
         testing::require_or_skip(std::getenv("POSTGRES_URL") != nullptr, "POSTGRES_URL is not set: ./run services up");
}

// Two processes' pools on as many schemas, and the threads that they live on. Shared by all stores of a test.
class PostgresUnderTest {
 public:
  static std::shared_ptr<PostgresUnderTest> shared(std::size_t shards) {
    static std::weak_ptr<PostgresUnderTest> known;
    auto shared = known.lock();
    if (!shared) known = shared = std::make_shared<PostgresUnderTest>(shards);
    return shared;
  }

  explicit PostgresUnderTest(std::size_t shards) {
    std::vector<std::string> urls;
    for (std::size_t i = 0; i < shards; ++i)
      urls.push_back(schemas_.emplace_back(testing::new_schema())->url());
    one_.emplace(running_.runtime(), urls, 4);
    two_.emplace(running_.runtime(), urls, 4);
  }
  ~PostgresUnderTest() { stop(); }
  // Ends everything that runs on its threads. Nothing can be asked of the stores any more.
  void stop() {
    if (std::exchange(stopped_, true)) return;
    testing::run_task(one_->stop());
    testing::run_task(two_->stop());
    running_.stop();
  }
  Shards& one() { return *one_; }
  Shards& two() { return *two_; }

 private:
  std::vector<std::unique_ptr<testing::Schema>> schemas_;
  testing::RunningRuntime running_{4};
  std::optional<Shards> one_;
  std::optional<Shards> two_;
  bool stopped_ = false;
};

template <class Interface, class Memory, class Sqlite, class Postgres, class Sharded = void>
class StoresUnderTest {
 public:
  explicit StoresUnderTest(const std::string& kind) {
    if (kind == "postgres" || kind == "shards") {
      postgres_ = PostgresUnderTest::shared(kind == "shards" ? 3 : 1);
      one_ = on(postgres_->one());
      two_ = on(postgres_->two());
      return;
    }
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
  // What the code under test still does in the background has ended by then.
  void stop() {
    if (postgres_) postgres_->stop();
  }
  const testing::TempFolder& folder() const { return folder_; }

 private:
  static std::shared_ptr<Interface> on(Shards& shards) {
    if constexpr (!std::is_void_v<Sharded>) {
      if (shards.size() > 1) return std::make_shared<Sharded>(shards);
    }
    return std::make_shared<Postgres>(shards.at(0));  // of several, what is not shared out is on the first
  }

  testing::TempFolder folder_;
  std::unique_ptr<StoreSqlite> one_file_;
  std::unique_ptr<StoreSqlite> two_file_;
  std::shared_ptr<PostgresUnderTest> postgres_;
  std::shared_ptr<Interface> one_;
  std::shared_ptr<Interface> two_;
};

using LinkStores =
    StoresUnderTest<LinkStore, LinkStoreMemory, LinkStoreSqlite, LinkStorePostgres, LinkStoreSharded>;
using ClickStores =
    StoresUnderTest<ClickStore, ClickStoreMemory, ClickStoreSqlite, ClickStorePostgres, ClickStoreSharded>;
using IdSources = StoresUnderTest<IdSource, IdSourceMemory, IdSourceSqlite, IdSourcePostgres>;
using MachineIdStores = StoresUnderTest<MachineIds, MachineIdsMemory, MachineIdsSqlite, MachineIdsPostgres>;
using KeyPools = StoresUnderTest<KeyPool, KeyPoolMemory, KeyPoolSqlite, KeyPoolPostgres>;

// Every test case that begins with this runs once for each kind.
#define FOR_EACH_KIND(Stores, stores)             \
  const std::string kind = GENERATE(STORE_KINDS); \
  INFO(kind);                                     \
  if (!is_there(kind)) return;                    \
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
  for (std::uint32_t i = left; i < Snowflake::machines; ++i) {
    tasks.push_back(lease(machines, "neighbour " + std::to_string(i), now, length));
    if (tasks.size() == 32) testing::run_tasks(std::exchange(tasks, {}));  // a call has a deadline
  }
  testing::run_tasks(std::move(tasks));
}

inline Insert insert_of(Link link) {
  Insert insert;
  insert.link = std::move(link);
  return insert;
}

}  // namespace url_shortener
