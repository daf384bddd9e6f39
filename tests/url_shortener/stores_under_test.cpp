#include "tests/url_shortener/stores_under_test.h"

#include <stdexcept>
#include <type_traits>

#include "tests/url_shortener/postgres_under_test.h"
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
