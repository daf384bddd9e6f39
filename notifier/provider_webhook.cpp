#include "notifier/provider_webhook.h"

#include "common/json.h"
#include "common/text.h"
#include "notifier/webhook_signature.h"

namespace notifier {

namespace http = common::http;
namespace json = common::json;
namespace ip = boost::asio::ip;

namespace {

bool within(std::uint32_t address, std::uint32_t network, int bits) {
  return address >> (32 - bits) == network >> (32 - bits);
}

// IANA's registry of special-purpose addresses (RFC 6890).
bool is_public_v4(std::uint32_t a) {
  return !(within(a, 0x00000000, 8) || within(a, 0x0A000000, 8) || within(a, 0x64400000, 10) ||
           within(a, 0x7F000000, 8) || within(a, 0xA9FE0000, 16) || within(a, 0xAC100000, 12) ||
           within(a, 0xC0000000, 24) || within(a, 0xC0000200, 24) || within(a, 0xC0A80000, 16) ||
           within(a, 0xC6120000, 15) || within(a, 0xC6336400, 24) || within(a, 0xCB007100, 24) ||
           within(a, 0xE0000000, 3));
}

Outcome judge(const http::ClientResponse& response) {
  if (response.status / 100 == 2) return outcome(Outcome::Kind::accepted, "webhook", response);
  if (response.status != 410) return outcome(Outcome::Kind::deferred, "webhook", response);
  Outcome gone = outcome(Outcome::Kind::rejected, "webhook", response);
  gone.address_is_dead = true;
  return gone;
}

http::Client::Options client_options(bool private_addresses) {
  http::Client::Options options;
  options.body_max = 64 * 1024;  // nobody reads it
  if (!private_addresses) options.permits = is_public_address;
  return options;
}

std::string payload(const Attempt& attempt) {
  const Notification& n = *attempt.notification;
  json::object data;
  data["notification"] = std::to_string(n.id);
  data["userId"] = attempt.id.user;
  data["category"] = n.category;
  data["title"] = n.title;
  data["body"] = n.body;
  json::object event;
  event["type"] = "notification";
  event["timestamp"] = common::format_rfc3339(n.created_at);
  event["data"] = std::move(data);
  return json::serialize(event);
}

}  // namespace

bool is_public_address(const ip::address& address) {
  if (address.is_v4()) return is_public_v4(address.to_v4().to_uint());
  const auto v6 = address.to_v6();
  const auto bytes = v6.to_bytes();
  const auto tail = [&](std::size_t at) {
    return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 |
           bytes[at + 3];
  };
  if (v6.is_v4_mapped()) return is_public_v4(tail(12));
  if (bytes[0] == 0x00 && bytes[1] == 0x64) return is_public_v4(tail(12));  // 64:ff9b::/96, by way of NAT64
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return is_public_v4(tail(2));   // 6to4
  const bool global = (bytes[0] & 0xE0) == 0x20;                            // 2000::/3
  const bool documentation = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0D && bytes[3] == 0xB8;
  const bool protocols = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 0x02;  // 2001::/23, Teredo too
  return global && !documentation && !protocols;
}

ProviderWebhook::ProviderWebhook(common::Runtime& runtime, Options options, const common::Clock& clock)
    : options_(std::move(options)), clock_(clock), attempts_(runtime, client_options(options_.private_addresses)) {}

common::Task<std::vector<Outcome>> ProviderWebhook::send(const std::vector<Attempt>& attempts) {
  const auto make = [this](const Attempt& attempt) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
    http::ClientRequest request{.method = "POST", .url = attempt.address, .deadline = options_.deadline};
    request.body = payload(attempt);
    request.headers = {{"Content-Type", "application/json"},
                       {"webhook-id", attempt.key()},
                       {"webhook-timestamp", std::to_string(seconds)},
                       {"webhook-signature", sign_webhook(options_.keys, attempt.key(), seconds, request.body)}};
    return request;
  };
  co_return co_await attempts_.send(attempts, make, judge);
}

}  // namespace notifier
