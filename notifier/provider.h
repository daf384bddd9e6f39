// Who carries a message on one channel: a mail server, an SMS gateway, a push service, the inbox, the sink. One
// interface; what each is promised to do with every answer stands in its own header.
//
// A provider answers for each attempt, and never says `rejected` or `deferred` of something that may have been taken:
// that is `uncertain`. It repeats nothing itself: the ledger counts attempts.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/runtime/task.h"
#include "notifier/delivery.h"
#include "notifier/user.h"

namespace notifier {

struct Attempt {
  DeliveryId id{};
  std::uint32_t number = 1;
  std::string address{};
  std::shared_ptr<const Notification> notification{};
  std::string traceparent{};            // for the provider; empty: not traced
  std::vector<NotificationId> items{};  // of a digest

  std::string key() const { return delivery_key(id.notification, id.user, id.channel); }
};

class Provider {
 public:
  virtual ~Provider() = default;

  // For metrics and logs: "smtp", "sink".
  virtual std::string_view name() const noexcept = 0;
  // One outcome for each, in their order. From any thread of the Runtime.
  virtual common::Task<std::vector<Outcome>> send(const std::vector<Attempt>& attempts) = 0;
};

}  // namespace notifier
