// What --store and --queue choose, opened.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/runtime/runtime.h"
#include "notifier/config.h"
#include "notifier/inbox_store.h"
#include "notifier/ledger.h"
#include "notifier/notification_store.h"
#include "notifier/queue.h"
#include "notifier/user_store.h"

namespace notifier {

struct Stores {
  std::shared_ptr<void> shared;  // what those below share, such as the database
  std::unique_ptr<UserStore> users;
  std::unique_ptr<NotificationStore> notifications;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<InboxStore> inbox;
  std::unique_ptr<Queue> queue;
  std::string unsubscribe_secret;                       // the same in all processes
  std::function<std::optional<std::string>()> trouble;  // for /readyz: why nothing can be written; may be empty
};

// Registers their closing with `runtime`. Throws std::runtime_error when one cannot be opened.
Stores open_stores(const Config& config, common::Runtime& runtime, const common::Clock& clock);

}  // namespace notifier
