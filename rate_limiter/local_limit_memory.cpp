#include "rate_limiter/local_limit_memory.h"

#include <algorithm>
#include <charconv>

#include "common/units.h"

namespace rate_limiter {

LocalLimit::LocalLimit(std::optional<Limit> limit, std::size_t keys_max)
    : store_({.keys_max = keys_max}, clock_, random_) {
  if (limit) limit_.emplace("requests", *limit);
}

std::optional<common::Duration> LocalLimit::refuse(std::string_view client, common::Instant now) {
  if (!limit_) return std::nullopt;
  const Ticks ticks = std::chrono::floor<std::chrono::microseconds>(now.time_since_epoch()).count();
  const Decision decision = store_.decide({&*limit_, client, 1}, ticks);
  if (decision.allowed) return std::nullopt;
  return std::chrono::microseconds{decision.retry_after};
}

common::Result<std::optional<Limit>> parse_rate(std::string_view text) {
  if (text == "none") return std::optional<Limit>{};
  const common::Error malformed{common::Failure::invalid,
                                "'" + std::string(text) + "' is not a rate such as 60/1m, nor none"};
  const auto slash = std::min(text.find('/'), text.size());
  std::int64_t count = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + slash, count);
  if (ec != std::errc{} || end != text.data() + slash || slash == text.size()) return malformed;
  const auto period = common::parse_duration(text.substr(slash + 1));
  if (period.has_error()) return malformed;
  const Ticks ticks = std::chrono::floor<std::chrono::microseconds>(*period).count();
  const auto made = make_limit(Algorithm::token_bucket, count, ticks);
  if (const auto* refused = std::get_if<LimitRefused>(&made)) {
    return common::Error{common::Failure::invalid, malformed.message + ": " + refused->field + " " + refused->problem};
  }
  return std::optional(std::get<Limit>(made));
}

}  // namespace rate_limiter
