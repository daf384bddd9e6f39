// The statements about notifications that several stores need, within a transaction or on the pool.

#pragma once

#include <optional>

#include "common/postgres/pool.h"
#include "notifier/notification.h"

namespace notifier::rows {

inline constexpr const char* select_notification =
    "SELECT id, kind, audience, category, title, body, channels, priority, created_at, due_at, expires_at,"
    " collapse_key, traceparent, cancelled FROM notifications WHERE id = $1";

// Of the row at hand of select_notification.
Notification notification_of(const common::postgres::Rows& row);

// With its outbox entry, and the plan of a broadcast. False if there is one with that id: nothing was written.
common::Task<common::postgres::SqlResult<bool>> insert_notification(common::postgres::Transaction& transaction,
                                                                    const Notification& notification);

}  // namespace notifier::rows
