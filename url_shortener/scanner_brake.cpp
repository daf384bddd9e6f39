#include "url_shortener/scanner_brake.h"

#include "rate_limiter/client_by_address.h"
#include "url_shortener/redirect.h"

namespace url_shortener {

using common::http::Reply;
using common::http::Response;

ScannerBrake::ScannerBrake(Options options, common::Metrics& metrics) : options_(options), limit_(options.allowed) {
  metrics.counter_of("unknown_codes_braked_total", "answers to clients that tried too many unknown codes",
                     [this] { return static_cast<double>(braked_.load(std::memory_order_relaxed)); });
}

Reply ScannerBrake::not_found(const common::http::Request& request) {
  const auto wait = limit_.refuse(rate_limiter::ClientAddresses().client(request.peer_address, {}), request.started);
  if (!wait) return url_shortener::not_found();
  braked_.fetch_add(1, std::memory_order_relaxed);
  Response late = refusal(429, "TOO_MANY_UNKNOWN_CODES", "too many codes that do not exist were asked for");
  late.header("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(*wait).count()));
  if (waiting_.fetch_add(1) < options_.waiting_max) return answer_late(std::move(late));
  waiting_.fetch_sub(1);
  return late;
}

common::Task<Response> ScannerBrake::answer_late(Response answer) {
  co_await common::sleep_for(options_.delay);
  waiting_.fetch_sub(1);
  co_return answer;
}

}  // namespace url_shortener
