// SMS by a gateway that speaks as Twilio does: POST of a form with To, From and Body; the answer is JSON.
//
//   2xx           accepted
//   429           deferred, by Retry-After; 500, 503 likewise: it says that it did not take it
//   401, 403      deferred: our credentials are wrong, and the message is not to be blamed
//   502, 504      uncertain: a gateway's word about a server that may have taken it
//   other 4xx     rejected; code 21211 (no such number), 21610 (unsubscribed) and 21614 (no mobile): never again
//
// There is no idempotency parameter in this interface: whoever repeats an uncertain attempt may tell somebody twice.

#pragma once

#include "notifier/http_attempts.h"

namespace notifier {

class ProviderSms final : public Provider {
 public:
  struct Options {
    std::string url{};  // …/2010-04-01/Accounts/SID/Messages.json
    std::string sender = "+15005550006";
    std::chrono::nanoseconds deadline = std::chrono::seconds{10};
  };

  ProviderSms(common::Runtime& runtime, Options options) : options_(std::move(options)), attempts_(runtime, {}) {}

  std::string_view name() const noexcept override { return "sms"; }
  common::Task<std::vector<Outcome>> send(const std::vector<Attempt>& attempts) override;

 private:
  const Options options_;
  HttpAttempts attempts_;
};

}  // namespace notifier
