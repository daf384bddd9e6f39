#include "notifier/http_attempts.h"

#include <charconv>

#include "notifier/concurrently.h"

namespace notifier {

namespace http = common::http;

namespace {

constexpr std::size_t side_by_side = 64;

Outcome outcome_of(const common::Error& error) {
  Outcome outcome{.kind = Outcome::Kind::uncertain, .reason = "no answer"};
  if (is_retryable(error.kind)) outcome = {.kind = Outcome::Kind::deferred, .reason = "not reached"};
  if (error.kind == common::Failure::invalid) outcome = {.kind = Outcome::Kind::rejected, .reason = "address refused"};
  return outcome;
}

}  // namespace

HttpAttempts::HttpAttempts(common::Runtime& runtime, http::Client::Options options) {
  options.idle_max = side_by_side;
  for (std::size_t thread = 0; thread < runtime.threads(); ++thread)
    clients_.push_back(std::make_unique<http::Client>(runtime.executor(thread), options));
}

common::Task<std::vector<Outcome>> HttpAttempts::send(const std::vector<Attempt>& attempts, Make make, Judge judge) {
  http::Client& client = *clients_[common::current_thread_index()];
  std::vector<Outcome> outcomes(attempts.size(), Outcome{.kind = Outcome::Kind::uncertain, .reason = "no answer"});
  const auto send_one = [&](std::size_t i) -> common::Task<> {
    http::ClientRequest request = make(attempts[i]);
    request.headers.emplace_back("X-Delivery-Key", attempts[i].key());
    request.headers.emplace_back("X-Delivery-Attempt", std::to_string(attempts[i].number));
    if (attempts[i].notification->kind == Kind::broadcast) request.headers.emplace_back("X-Delivery-Kind", "broadcast");
    std::string items;
    for (const auto item : attempts[i].items)
      items.append(items.empty() ? "" : ",").append(std::to_string(item));
    if (!items.empty()) request.headers.emplace_back("X-Delivery-Items", items);
    if (!attempts[i].traceparent.empty()) request.headers.emplace_back("traceparent", attempts[i].traceparent);
    const auto response = co_await client.send(std::move(request));
    outcomes[i] = response.has_value() ? judge(*response) : outcome_of(response.error());
  };
  co_await concurrently(attempts.size(), side_by_side, send_one);
  co_return outcomes;
}

std::optional<common::Duration> retry_after(const http::ClientResponse& response) {
  const auto text = response.header("Retry-After");
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  return std::chrono::seconds{std::min<std::int64_t>(seconds, 86'400)};
}

std::string percent_encode(std::string_view text) {
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

Outcome outcome(Outcome::Kind kind, std::string_view name, const http::ClientResponse& response) {
  return {.kind = kind,
          .reason = std::string(name) + " " + std::to_string(response.status),
          .retry_after = retry_after(response)};
}

}  // namespace notifier
