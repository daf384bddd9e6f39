#include "notifier/provider_in_app.h"

namespace notifier {

common::Task<std::vector<Outcome>> ProviderInApp::send(const std::vector<Attempt>& attempts) {
  std::vector<InboxItem> items;
  for (const auto& attempt : attempts) {
    const Notification& n = *attempt.notification;
    items.push_back({.user = attempt.id.user,
                     .notification = n.id,
                     .category = n.category,
                     .title = n.title,
                     .body = n.body,
                     .at = clock_.now()});
  }
  const auto added = co_await inbox_.add(std::move(items));
  Outcome outcome;
  if (added.has_error()) {
    outcome.kind = is_retryable(added.error().kind) ? Outcome::Kind::deferred : Outcome::Kind::uncertain;
    outcome.reason = "inbox";
  }
  co_return std::vector<Outcome>(attempts.size(), outcome);
}

}  // namespace notifier
