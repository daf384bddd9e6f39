#include "tests/notifier/stores_under_test.h"

#include "notifier/inbox_store_postgres.h"
#include "notifier/inbox_store_sqlite.h"
#include "notifier/ledger_postgres.h"
#include "notifier/ledger_sqlite.h"
#include "notifier/notification_store_postgres.h"
#include "notifier/notification_store_sqlite.h"
#include "notifier/user_store_postgres.h"
#include "notifier/user_store_sqlite.h"
#include "tests/support/postgres_support.h"
#include "tests/support/running_runtime.h"

namespace notifier {

// Two processes' pools on one schema, and the threads that they live on.
struct PostgresUnderTest {
  std::unique_ptr<testing::Schema> schema = testing::new_schema();
  testing::RunningRuntime running{2};
  std::shared_ptr<StorePostgres> one = std::make_shared<StorePostgres>(running.runtime(), schema->url());
  std::shared_ptr<StorePostgres> two = std::make_shared<StorePostgres>(running.runtime(), schema->url());

  ~PostgresUnderTest() {
    testing::run_task(one->stop());
    testing::run_task(two->stop());
  }
};

namespace {

StoresOfOne open_sqlite(const std::filesystem::path& folder) {
  auto file = std::make_shared<StoreSqlite>(folder);
  StoresOfOne stores;
  stores.users = std::make_unique<UserStoreSqlite>(*file);
  stores.notifications = std::make_unique<NotificationStoreSqlite>(*file);
  stores.ledger = std::make_unique<LedgerSqlite>(*file, quotas_under_test);
  stores.inbox = std::make_unique<InboxStoreSqlite>(*file);
  stores.shared = std::move(file);
  return stores;
}

StoresOfOne open_postgres(const std::shared_ptr<StorePostgres>& database) {
  StoresOfOne stores;
  stores.users = std::make_unique<UserStorePostgres>(*database);
  stores.notifications = std::make_unique<NotificationStorePostgres>(*database);
  stores.ledger = std::make_unique<LedgerPostgres>(*database, quotas_under_test);
  stores.inbox = std::make_unique<InboxStorePostgres>(*database);
  return stores;
}

}  // namespace

StoresUnderTest::StoresUnderTest(const std::string& kind)
    : postgres_(kind == "postgres" ? std::make_unique<PostgresUnderTest>() : nullptr),
      one(postgres_ ? open_postgres(postgres_->one) : open_sqlite(folder_.path())),
      two(postgres_ ? open_postgres(postgres_->two) : open_sqlite(folder_.path())) {}

StoresUnderTest::~StoresUnderTest() = default;

}  // namespace notifier
