// The stores that every contract test runs on. Two of each, which share their data as two processes would.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "notifier/inbox_store_postgres.h"
#include "notifier/inbox_store_sqlite.h"
#include "notifier/ledger_postgres.h"
#include "notifier/ledger_sqlite.h"
#include "notifier/notification_store_postgres.h"
#include "notifier/notification_store_sqlite.h"
#include "notifier/user_store_postgres.h"
#include "notifier/user_store_sqlite.h"
#include "tests/support/catch.h"
#include "tests/support/postgres_support.h"
#include "tests/support/require.h"
#include "tests/support/run_task.h"
#include "tests/support/running_runtime.h"
#include "tests/support/temp_folder.h"

namespace notifier {

#ifndef STORE_KINDS
#define STORE_KINDS "sqlite"
#endif

inline const std::map<Channel, Quota> quotas_under_test = {{Channel::push, {600, std::chrono::minutes{1}}}};

// One process' view of a database.
struct StoresOfOne {
  std::shared_ptr<void> shared;
  std::unique_ptr<UserStore> users;
  std::unique_ptr<NotificationStore> notifications;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<InboxStore> inbox;
};

inline StoresOfOne open_sqlite(const std::filesystem::path& folder) {
  auto file = std::make_shared<StoreSqlite>(folder);
  StoresOfOne stores;
  stores.users = std::make_unique<UserStoreSqlite>(*file);
  stores.notifications = std::make_unique<NotificationStoreSqlite>(*file);
  stores.ledger = std::make_unique<LedgerSqlite>(*file, quotas_under_test);
  stores.inbox = std::make_unique<InboxStoreSqlite>(*file);
  stores.shared = std::move(file);
  return stores;
}

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

inline StoresOfOne open_postgres(const std::shared_ptr<StorePostgres>& database) {
  StoresOfOne stores;
  stores.users = std::make_unique<UserStorePostgres>(*database);
  stores.notifications = std::make_unique<NotificationStorePostgres>(*database);
  stores.ledger = std::make_unique<LedgerPostgres>(*database, quotas_under_test);
  stores.inbox = std::make_unique<InboxStorePostgres>(*database);
  return stores;
}

class StoresUnderTest {
 public:
  explicit StoresUnderTest(const std::string& kind)
      : postgres_(kind == "postgres" ? std::make_unique<PostgresUnderTest>() : nullptr),
        one(postgres_ ? open_postgres(postgres_->one) : open_sqlite(folder_.path())),
        two(postgres_ ? open_postgres(postgres_->two) : open_sqlite(folder_.path())) {}

 private:
  testing::TempFolder folder_;
  std::unique_ptr<PostgresUnderTest> postgres_;

 public:
  StoresOfOne one;
  StoresOfOne two;
};

inline bool is_there(const std::string& kind) {
  return kind != "postgres" ||
         testing::require_or_skip(std::getenv("POSTGRES_URL") != nullptr, "POSTGRES_URL is not set: ./run services up");
}

// Every test case that begins with this runs once for each kind.
#define FOR_EACH_KIND(stores)                     \
  const std::string kind = GENERATE(STORE_KINDS); \
  INFO(kind);                                     \
  if (!is_there(kind)) return;                    \
  StoresUnderTest stores(kind)

inline constexpr common::TimePoint noon{std::chrono::seconds{1'750'000'000}};

// The value of a store's answer; throws when there is none.
template <class T>
T done(common::Task<common::Result<T>> task) {
  auto outcome = testing::run_task(std::move(task));
  if (outcome.has_error()) throw std::runtime_error(outcome.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

inline Notification notification_for(const std::string& user, NotificationId id = 1) {
  Notification n;
  n.id = id;
  n.audience.name = user;
  n.category = "news";
  n.title = "Title";
  n.body = "Body";
  n.channels = only(Channel::push).with(Channel::email);
  n.created_at = n.due_at = noon;
  return n;
}

inline Notification broadcast_to(Audience audience, NotificationId id = 1) {
  Notification n = notification_for("", id);
  n.kind = Kind::broadcast;
  n.priority = Priority::bulk;
  n.audience = std::move(audience);
  return n;
}

}  // namespace notifier
