#include "notifier/provider_sms.h"

#include "common/json.h"
#include "notifier/utf8_prefix.h"

namespace notifier {

namespace http = common::http;

namespace {

constexpr std::size_t text_max = 1600;  // bytes: no more than the 1,600 characters that Twilio takes

bool is_dead_number(std::string_view body) {
  const auto parsed = common::parse_json(body);
  const auto* object = parsed.has_value() ? parsed->if_object() : nullptr;
  const auto* code = object ? object->if_contains("code") : nullptr;
  if (!code || !code->is_int64()) return false;
  return code->as_int64() == 21211 || code->as_int64() == 21610 || code->as_int64() == 21614;
}

Outcome judge(const http::ClientResponse& response) {
  using Kind = Outcome::Kind;
  switch (response.status) {
    case 401:
    case 403:
    case 429:
    case 500:
    case 503:
      return outcome(Kind::deferred, "sms", response);
    case 502:
    case 504:
      return outcome(Kind::uncertain, "sms", response);
    default:
      break;
  }
  if (response.status / 100 == 2) return outcome(Kind::accepted, "sms", response);
  if (response.status / 100 != 4) return outcome(Kind::uncertain, "sms", response);
  Outcome rejected = outcome(Kind::rejected, "sms", response);
  rejected.address_is_dead = is_dead_number(response.body);
  return rejected;
}

}  // namespace

common::Task<std::vector<Outcome>> ProviderSms::send(const std::vector<Attempt>& attempts) {
  const auto make = [this](const Attempt& attempt) {
    const std::string whole = attempt.notification->title + "\n" + attempt.notification->body;
    const auto text = utf8_prefix(whole, text_max);
    http::ClientRequest request{.method = "POST", .url = options_.url, .deadline = options_.deadline};
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = "To=" + percent_encode(attempt.address) + "&From=" + percent_encode(options_.sender) +
                   "&Body=" + percent_encode(text);
    return request;
  };
  co_return co_await attempts_.send(attempts, make, judge);
}

}  // namespace notifier
