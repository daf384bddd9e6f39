#include "notifier/provider_sms.h"

#include "common/json.h"

namespace notifier {

namespace http = common::http;

namespace {

constexpr std::size_t text_max = 1600;  // characters that Twilio takes

std::string form_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                       byte == '-' || byte == '_' || byte == '.';
    if (plain) {
      encoded += c;
    } else {
      encoded.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
  }
  return encoded;
}

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
    const auto text = (attempt.notification->title + "\n" + attempt.notification->body).substr(0, text_max);
    http::ClientRequest request{.method = "POST", .url = options_.url, .deadline = options_.deadline};
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body =
        "To=" + form_encode(attempt.address) + "&From=" + form_encode(options_.sender) + "&Body=" + form_encode(text);
    return request;
  };
  co_return co_await attempts_.send(attempts, make, judge);
}

}  // namespace notifier
