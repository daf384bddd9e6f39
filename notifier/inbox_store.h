// The inbox inside the application: what was said to a user, in order. One interface, one contract test.
//
// Adding is idempotent by (user, notification): the inbox is a provider that can tell a repetition, so here exactly
// once is visible to the user.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "common/runtime/task.h"
#include "notifier/notification.h"

namespace notifier {

struct InboxItem {
  std::int64_t id = 0;  // rising for a user: none appears behind one that was seen
  std::string user{};
  NotificationId notification = 0;
  std::string category{};
  std::string title{};
  std::string body{};
  common::TimePoint at{};
};

class InboxStore {
 public:
  virtual ~InboxStore() = default;

  virtual common::Task<common::Result<void>> add(std::vector<InboxItem> items) = 0;
  // With ids below `before`, newest first; 0: from the newest.
  virtual common::Task<common::Result<std::vector<InboxItem>>> list(std::string user, std::size_t limit,
                                                                    std::int64_t before) = 0;
  // With ids above `after`, oldest first.
  virtual common::Task<common::Result<std::vector<InboxItem>>> since(std::string user, std::size_t limit,
                                                                     std::int64_t after) = 0;
};

}  // namespace notifier
