// Webhooks by the Standard Webhooks specification: a POST of JSON to the user's own URL, signed (webhook_signature.h).
//
//   2xx                     accepted
//   410                     rejected, and the URL is never used again
//   429, 502, 503, 504      deferred, by Retry-After
//   anything else           deferred: a redirect is a failure too, and is not followed
//   no answer               uncertain; the receiver tells a repetition by webhook-id
//
// The URL is a stranger's. So only public addresses are connected to, whatever a name resolves to (SSRF): loopback,
// private, link-local, multicast and reserved ones are refused, in IPv4 and IPv6, and IPv4 written inside of IPv6.

#pragma once

#include <boost/asio/ip/address.hpp>

#include "common/clock.h"
#include "notifier/http_attempts.h"

namespace notifier {

bool is_public_address(const boost::asio::ip::address& address);

class ProviderWebhook final : public Provider {
 public:
  struct Options {
    std::vector<std::string> keys{};  // what webhook_secret() gave, the newest first
    bool private_addresses = false;
    std::chrono::nanoseconds deadline = std::chrono::seconds{20};
  };

  ProviderWebhook(common::Runtime& runtime, Options options, const common::Clock& clock);

  std::string_view name() const noexcept override { return "webhook"; }
  common::Task<std::vector<Outcome>> send(const std::vector<Attempt>& attempts) override;

 private:
  const Options options_;
  const common::Clock& clock_;
  HttpAttempts attempts_;
};

}  // namespace notifier
