#include "notifier/sink/http_door.h"

#include <charconv>

#include "common/text.h"

namespace notifier {

namespace http = common::http;

namespace {

std::string key_of(const http::Request& request) {
  for (const std::string_view name : {"X-Delivery-Key", "webhook-id", "apns-id"}) {
    if (!request.header(name).empty()) return std::string(request.header(name));
  }
  return std::string(request.header(http::Header::idempotency_key));
}

std::uint32_t attempt_of(const http::Request& request) {
  std::uint32_t attempt = 1;
  const auto text = request.header("X-Delivery-Attempt");
  std::from_chars(text.data(), text.data() + text.size(), attempt);
  return attempt;
}

// Of a digest: what is in it.
std::vector<NotificationId> items_of(const http::Request& request) {
  std::vector<NotificationId> items;
  const auto text = request.header("X-Delivery-Items");
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    NotificationId item = 0;
    const auto [next, error] = std::from_chars(at, end, item);
    if (error != std::errc{}) break;
    items.push_back(item);
    at = next < end ? next + 1 : next;
  }
  return items;
}

}  // namespace

void HttpDoor::add_routes(http::Router& router) {
  const auto take_it = [this](http::Request& r) -> http::Reply { return take(r); };
  const http::RouteOptions options{.is_public = true, .responses = {{200, "taken", ""}}};
  const auto with = [&](const char* summary) {
    http::RouteOptions copy = options;
    copy.summary = summary;
    return copy;
  };
  router.post("/2010-04-01/Accounts/{account}/Messages.json", with("Take an SMS (Twilio's form)"), take_it);
  router.post("/v1/projects/{project}/messages:send", with("Take a push message (FCM v1's form)"), take_it);
  router.post("/3/device/{token}", with("Take a push message (APNs' form)"), take_it);
  router.post("/webhook", with("Take a webhook"), take_it);
}

common::Task<http::Response> HttpDoor::take(http::Request& request) {
  const auto fault = sink_.fault();
  if (fault && (*fault)[0] >= '4' && (*fault)[0] <= '5') {
    const int status = std::stoi(*fault);
    auto refused = http::error(status, "TOLD_TO_FAIL", "by --fail");
    if (status == 429 || status == 503) refused.header("Retry-After", "1");
    co_return refused;
  }
  auto line = line_of_key(key_of(request));
  if (!line) co_return http::error(400, "KEY_INVALID", "no delivery key");
  line->attempt = attempt_of(request);
  line->broadcast = request.header("X-Delivery-Kind") == "broadcast";
  line->items = items_of(request);
  sink_.take(std::move(*line));
  if (fault && *fault == "hang") co_await common::sleep_for(std::chrono::minutes{10});
  if (fault && *fault == "slow") co_await common::sleep_for(std::chrono::seconds{1});
  if (fault && (*fault == "reset" || *fault == "cut")) {
    http::Response cut(200);  // a body that breaks off: the client cannot know what was to come
    cut.stream = [](http::BodyWriter&) -> common::Task<void> {
      throw std::runtime_error("told to break off");
      co_return;
    };
    co_return cut;
  }
  co_return http::json(200, R"({"status":"queued","name":"taken"})");
}

}  // namespace notifier
