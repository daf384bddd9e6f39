#include "notifier/provider_push.h"

#include "common/digest.h"
#include "common/json.h"
#include "common/text.h"

namespace notifier {

namespace http = common::http;
namespace json = common::json;

namespace {

std::string collapse_key(const Attempt& attempt) {
  const std::string& key = attempt.notification->collapse_key;
  return key.empty() ? common::hex_encode(common::sha256(attempt.key())).substr(0, 32) : key;  // APNs takes 64 bytes
}

Outcome judge(const http::ClientResponse& response, bool apns) {
  using Kind = Outcome::Kind;
  const std::string_view name = apns ? "apns" : "fcm";
  switch (response.status) {
    case 200:
      return outcome(Kind::accepted, name, response);
    case 401:
    case 403:
    case 429:
    case 500:
    case 503:
      return outcome(Kind::deferred, name, response);
    default:
      break;
  }
  if (response.status / 100 != 4) return outcome(Kind::uncertain, name, response);
  Outcome rejected = outcome(Kind::rejected, name, response);
  const bool bad_token = apns && response.status == 400 && response.body.find("BadDeviceToken") != std::string::npos;
  rejected.address_is_dead = bad_token || response.status == (apns ? 410 : 404);
  return rejected;
}

}  // namespace

ProviderPush::ProviderPush(common::Runtime& runtime, Options options)
    : options_(std::move(options)), apns_(options_.url.ends_with("/3/device")), attempts_(runtime, {}) {}

http::ClientRequest ProviderPush::to_fcm(const Attempt& attempt) const {
  const Notification& n = *attempt.notification;
  json::object message;
  message["token"] = attempt.address;
  message["notification"] = json::object{{"title", n.title}, {"body", n.body}};
  message["data"] = json::object{{"notification", std::to_string(n.id)}, {"category", n.category}};
  message["android"] = json::object{{"collapse_key", collapse_key(attempt)},
                                    {"priority", n.priority == Priority::bulk ? "NORMAL" : "HIGH"}};
  http::ClientRequest request{.method = "POST", .url = options_.url, .deadline = options_.deadline};
  request.headers = {{"Content-Type", "application/json"}};
  request.body = json::serialize(json::object{{"message", std::move(message)}});
  return request;
}

http::ClientRequest ProviderPush::to_apns(const Attempt& attempt) const {
  const Notification& n = *attempt.notification;
  json::object payload;
  payload["aps"] = json::object{{"alert", json::object{{"title", n.title}, {"body", n.body}}}};
  payload["notification"] = std::to_string(n.id);
  const auto expires =
      n.expires_at ? std::chrono::floor<std::chrono::seconds>(*n.expires_at).time_since_epoch().count() : 0;
  http::ClientRequest request{
      .method = "POST", .url = options_.url + "/" + percent_encode(attempt.address), .deadline = options_.deadline};
  request.headers = {{"Content-Type", "application/json"},
                     {"apns-push-type", "alert"},
                     {"apns-collapse-id", collapse_key(attempt)},
                     {"apns-expiration", std::to_string(expires)},
                     {"apns-priority", n.priority == Priority::bulk ? "5" : "10"}};
  request.body = json::serialize(payload);
  return request;
}

common::Task<std::vector<Outcome>> ProviderPush::send(const std::vector<Attempt>& attempts) {
  const auto make = [this](const Attempt& attempt) { return apns_ ? to_apns(attempt) : to_fcm(attempt); };
  const auto judged = [this](const http::ClientResponse& response) { return judge(response, apns_); };
  co_return co_await attempts_.send(attempts, make, judged);
}

}  // namespace notifier
