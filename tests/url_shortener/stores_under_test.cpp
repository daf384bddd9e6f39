#include "tests/url_shortener/stores_under_test.h"

#include <optional>
#include <stdexcept>
#include <type_traits>

#include "tests/support/postgres_support.h"
#include "tests/support/running_runtime.h"
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

namespace {

template <class M, class S, class P, class H = void>
struct Four {
  using Memory = M;
  using Sqlite = S;
  using Postgres = P;
  using Sharded = H;
};

// The classes of an interface, by kind of store.
template <class Interface>
struct Kinds;
template <>
struct Kinds<LinkStore> : Four<LinkStoreMemory, LinkStoreSqlite, LinkStorePostgres, LinkStoreSharded> {};
template <>
struct Kinds<ClickStore> : Four<ClickStoreMemory, ClickStoreSqlite, ClickStorePostgres, ClickStoreSharded> {};
template <>
struct Kinds<IdSource> : Four<IdSourceMemory, IdSourceSqlite, IdSourcePostgres> {};
template <>
struct Kinds<MachineIds> : Four<MachineIdsMemory, MachineIdsSqlite, MachineIdsPostgres> {};
template <>
struct Kinds<KeyPool> : Four<KeyPoolMemory, KeyPoolSqlite, KeyPoolPostgres> {};

template <class Interface>
std::shared_ptr<Interface> on(Shards& shards) {
  if constexpr (!std::is_void_v<typename Kinds<Interface>::Sharded>) {
    if (shards.size() > 1) return std::make_shared<typename Kinds<Interface>::Sharded>(shards);
  }
  return std::make_shared<typename Kinds<Interface>::Postgres>(
      shards.at(0));  // of several, what is not shared out is on the first
}

}  // namespace

template <class Interface>
StoresUnderTest<Interface>::StoresUnderTest(const std::string& kind) {
  if (kind == "postgres" || kind == "shards") {
    postgres_ = PostgresUnderTest::shared(kind == "shards" ? 3 : 1);
    one_ = on<Interface>(postgres_->one());
    two_ = on<Interface>(postgres_->two());
    return;
  }
  if (kind == "memory") {
    one_ = two_ = std::make_shared<typename Kinds<Interface>::Memory>();
    return;
  }
  one_file_ = std::make_unique<StoreSqlite>(folder_.path());
  two_file_ = std::make_unique<StoreSqlite>(folder_.path());
  one_ = std::make_shared<typename Kinds<Interface>::Sqlite>(*one_file_);
  two_ = std::make_shared<typename Kinds<Interface>::Sqlite>(*two_file_);
}

template <class Interface>
void StoresUnderTest<Interface>::stop() {
  if (postgres_) postgres_->stop();
}

template class StoresUnderTest<LinkStore>;
template class StoresUnderTest<ClickStore>;
template class StoresUnderTest<IdSource>;
template class StoresUnderTest<MachineIds>;
template class StoresUnderTest<KeyPool>;

void lease_to_others(MachineIds& machines, std::uint32_t left, Millisecond now, std::chrono::milliseconds length) {
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

}  // namespace url_shortener
