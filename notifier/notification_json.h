// Notifications and broadcasts as JSON: what the API takes, and what it says about them.

#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "common/http/json_body.h"
#include "notifier/category.h"
#include "notifier/ledger.h"
#include "notifier/notification_store.h"

namespace notifier {

// Accepts what POST /v1/notifications and POST /v1/broadcasts take; the id stays 0.
std::variant<Notification, common::http::Response> parse_notification(const common::json::object& object,
                                                                      const Categories& categories,
                                                                      common::TimePoint now);
std::variant<Notification, common::http::Response> parse_broadcast(const common::json::object& object,
                                                                   const Categories& categories, common::TimePoint now);

common::json::object to_json(const Notification& notification, const std::vector<Row>& rows);
// `done_at`: when it is expected to be done; the epoch: nobody can tell.
common::json::object to_json(const Notification& broadcast, const Plan& plan, const Tally& tally,
                             common::TimePoint done_at);
common::json::object to_json(const DeadLetter& letter);

// "planning", "running", "done", "cancelled".
std::string_view status_of(const Notification& broadcast, const Plan& plan, const Tally& tally);

// The schemas of /openapi.json.
extern const std::string_view schemas;

}  // namespace notifier
