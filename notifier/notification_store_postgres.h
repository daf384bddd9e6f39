// Notifications and the outbox in PostgreSQL. What belongs together is one statement, or one transaction; entries are
// claimed by FOR UPDATE SKIP LOCKED, so that planners do not wait for each other. Thread-safe.

#pragma once

#include "notifier/notification_store.h"
#include "notifier/store_postgres.h"

namespace notifier {

class NotificationStorePostgres final : public NotificationStore {
 public:
  explicit NotificationStorePostgres(StorePostgres& store) : store_(store) {}

  common::Task<common::Result<AcceptOutcome>> accept(Notification notification,
                                                     std::optional<IdempotentAnswer> answer) override;
  common::Task<common::Result<std::optional<IdempotentAnswer>>> find_answer(std::string scope, std::string key,
                                                                            common::TimePoint now) override;
  common::Task<common::Result<std::optional<Notification>>> find(NotificationId id) override;
  common::Task<common::Result<std::vector<OutboxEntry>>> take(bool broadcasts, std::size_t limit, common::TimePoint now,
                                                              std::chrono::milliseconds lease) override;
  common::Task<common::Result<void>> done(std::vector<OutboxEntry> entries) override;
  common::Task<common::Result<void>> put_back(std::vector<OutboxEntry> entries, common::TimePoint when) override;
  common::Task<common::Result<std::optional<Plan>>> plan(NotificationId broadcast) override;
  common::Task<common::Result<void>> begin_plan(NotificationId broadcast, std::int64_t audience) override;
  common::Task<common::Result<bool>> checkpoint(OutboxEntry entry, std::string cursor, std::int64_t planned, bool last,
                                                common::TimePoint lease_until) override;
  common::Task<common::Result<bool>> cancel(NotificationId id, common::TimePoint now) override;
  common::Task<common::Result<std::vector<NotificationId>>> superseded(std::vector<NotificationId> ids) override;

 private:
  StorePostgres& store_;
};

}  // namespace notifier
