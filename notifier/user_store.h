// Who can be told something, and what they do not want. One interface, one contract test, one file an engine.
//
// A user whom nobody put may still have preferences: who unsubscribes first and is imported later stays unsubscribed.
// Such a user is in no audience.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/runtime/task.h"
#include "notifier/notification.h"
#include "notifier/user.h"

namespace notifier {

class UserStore {
 public:
  virtual ~UserStore() = default;

  // Creates or replaces all, in one transaction; preferences stay. Of one id twice the last counts.
  virtual common::Task<common::Result<void>> put(std::vector<User> users) = 0;

  // One for each id, in their order; nullopt: unknown, and without preferences.
  virtual common::Task<common::Result<std::vector<std::optional<KnownUser>>>> find(std::vector<std::string> ids) = 0;

  virtual common::Task<common::Result<void>> set_preferences(std::string id, Preferences preferences) = 0;
  // Switches one category off on one channel; the others stay as they are. Idempotent.
  virtual common::Task<common::Result<void>> unsubscribe(std::string id, std::string category, Channel channel) = 0;

  // Puts an address on the suppression list: nobody is told anything there again.
  virtual common::Task<common::Result<void>> suppress(Channel channel, std::string address, std::string reason) = 0;

  // The next ids of an audience, in order, behind `after` ("" for the first). What is put behind it meanwhile belongs.
  virtual common::Task<common::Result<std::vector<std::string>>> page(const Audience& audience, std::string after,
                                                                      std::size_t limit) = 0;
  virtual common::Task<common::Result<std::int64_t>> count(const Audience& audience) = 0;
};

}  // namespace notifier
