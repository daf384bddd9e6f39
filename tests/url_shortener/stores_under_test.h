// The stores that every contract test runs on. Two of each, which share their data as two processes would: two
// connections to one SQLite file, or simply one memory store twice.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "tests/support/catch.h"
#include "tests/support/require.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_folder.h"
#include "url_shortener/click_store.h"
#include "url_shortener/id_source.h"
#include "url_shortener/key_pool.h"
#include "url_shortener/link_store.h"
#include "url_shortener/machine_ids.h"
#include "url_shortener/store_sqlite.h"

namespace url_shortener {

// The unit tests run on what needs no service. The same files are compiled again for the tests with services, with
// STORE_KINDS="postgres","shards" (tests/CMakeLists.txt).
#ifndef STORE_KINDS
#define STORE_KINDS "memory", "sqlite"
#endif

// False, said aloud, when a kind needs a service that is not there.
inline bool is_there(const std::string& kind) {
  return kind == "memory" || kind == "sqlite" ||
         testing::require_or_skip(std::getenv("POSTGRES_URL") != nullptr, "POSTGRES_URL is not set: ./run services up");
}

class PostgresUnderTest;

template <class Interface>
class StoresUnderTest {
 public:
  explicit StoresUnderTest(const std::string& kind);

  Interface& one() { return *one_; }
  Interface& two() { return *two_; }
  // What the code under test still does in the background has ended by then.
  void stop();
  const testing::TempFolder& folder() const { return folder_; }

 private:
  testing::TempFolder folder_;
  std::unique_ptr<StoreSqlite> one_file_;
  std::unique_ptr<StoreSqlite> two_file_;
  std::shared_ptr<PostgresUnderTest> postgres_;
  std::shared_ptr<Interface> one_;
  std::shared_ptr<Interface> two_;
};

using LinkStores = StoresUnderTest<LinkStore>;
using ClickStores = StoresUnderTest<ClickStore>;
using IdSources = StoresUnderTest<IdSource>;
using MachineIdStores = StoresUnderTest<MachineIds>;
using KeyPools = StoresUnderTest<KeyPool>;

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
void lease_to_others(MachineIds& machines, std::uint32_t left, Millisecond now, std::chrono::milliseconds length);

inline Insert insert_of(Link link) {
  Insert insert;
  insert.link = std::move(link);
  return insert;
}

}  // namespace url_shortener
