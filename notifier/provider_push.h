// Push messages in two conventions, told apart by the URL's path: FCM's HTTP v1 (…/messages:send) and APNs'
// (…/3/device, to which the token is added). APNs itself takes HTTP/2 alone; here its paths, headers and statuses are
// spoken over HTTP/1.1, as a gateway before it does.
//
//   200                     accepted
//   FCM 404, APNs 410       rejected, and the token is gone: it is never used again (UNREGISTERED, Unregistered)
//   APNs 400 BadDeviceToken likewise
//   400, 413, other 4xx     rejected: this message, not this token
//   401, 403                deferred: our credentials
//   429, 500, 503           deferred, by Retry-After (QUOTA_EXCEEDED, INTERNAL, UNAVAILABLE)
//   502, 504                uncertain
//
// Both replace what a device has not shown yet by a message with the same collapse key: here the notification's, and
// without one the delivery's. So one that is sent twice is seen once, unless the first was already shown.

#pragma once

#include "notifier/http_attempts.h"

namespace notifier {

class ProviderPush final : public Provider {
 public:
  struct Options {
    std::string url{};
    std::chrono::nanoseconds deadline = std::chrono::seconds{10};
  };

  ProviderPush(common::Runtime& runtime, Options options);

  std::string_view name() const noexcept override { return apns_ ? "apns" : "fcm"; }
  common::Task<std::vector<Outcome>> send(const std::vector<Attempt>& attempts) override;

 private:
  common::http::ClientRequest to_fcm(const Attempt& attempt) const;
  common::http::ClientRequest to_apns(const Attempt& attempt) const;

  const Options options_;
  const bool apns_;
  HttpAttempts attempts_;
};

}  // namespace notifier
