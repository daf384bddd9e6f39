// The statements about notifications that several stores need, on whatever connection is given. They throw.

#pragma once

#include <optional>

#include "common/sqlite/database.h"
#include "notifier/notification.h"

namespace notifier::rows {

std::optional<Notification> find_notification(common::sqlite::Database& database, NotificationId id);

// False if there is one with that id.
bool insert_notification(common::sqlite::Database& database, const Notification& notification);

void insert_outbox(common::sqlite::Database& database, const Notification& notification);

}  // namespace notifier::rows
