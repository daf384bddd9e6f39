// Notifications, broadcasts and dead letters over HTTP: parse, call, answer.

#pragma once

#include <map>

#include "common/http/idempotency.h"
#include "common/http/json_body.h"
#include "common/http/router.h"
#include "notifier/category.h"
#include "notifier/ledger.h"
#include "notifier/notification_store.h"
#include "notifier/quota.h"

namespace notifier {

class Api {
 public:
  struct Dependencies {
    NotificationStore& notifications;
    Ledger& ledger;
    const Categories& categories;
    const std::map<Channel, Quota>& quotas;
    const common::Clock& clock;
  };

  explicit Api(Dependencies dependencies) : d_(dependencies) {}

  // Adds its routes; this must outlive the router's use.
  void add_routes(common::http::Router& router);

 private:
  using Reply = common::http::Reply;
  using Request = common::http::Request;
  using Response = common::http::Response;
  using Task = common::Task<Response>;
  using Parsed = std::variant<Notification, Response>;
  using Parse = Parsed (*)(const common::json::object&, const Categories&, common::TimePoint);

  Task accept(Request& request, Parse parse);
  Task read(Request& request);
  Task cancel(Request& request, Kind kind);
  Task read_broadcast(Request& request);
  Task list_dead_letters(Request& request);
  Task redrive(Request& request);
  common::TimePoint expected_end(const Notification& broadcast, const Plan& plan, const Tally& tally) const;

  const Dependencies d_;
  common::http::InFlightKeys in_flight_;
};

}  // namespace notifier
