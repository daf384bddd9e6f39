// The stores that every contract test runs on. Two of each, which share their data as two processes would.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "notifier/inbox_store.h"
#include "notifier/ledger.h"
#include "notifier/notification_store.h"
#include "notifier/quota.h"
#include "notifier/user_store.h"
#include "tests/support/catch.h"
#include "tests/support/require.h"
#include "tests/support/run_task.h"
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

struct PostgresUnderTest;

class StoresUnderTest {
 public:
  explicit StoresUnderTest(const std::string& kind);
  ~StoresUnderTest();

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
