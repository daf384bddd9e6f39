#include "url_shortener/request_limit.h"

#include <algorithm>
#include <charconv>

#include "common/units.h"

namespace url_shortener {

using common::Duration;
using common::Instant;

common::Result<std::optional<Rate>> parse_rate(std::string_view text) {
  if (text == "none") return std::optional<Rate>{};
  const common::Error malformed{common::Failure::invalid,
                                "'" + std::string(text) + "' is not a rate such as 60/1m, nor none"};
  const auto slash = std::min(text.find('/'), text.size());
  Rate rate;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + slash, rate.count);
  if (ec != std::errc{} || end != text.data() + slash || slash == text.size()) return malformed;
  const auto period = common::parse_duration(text.substr(slash + 1));
  if (period.has_error()) return malformed;
  rate.period = *period;
  if (rate.count == 0 ||
      rate.period / static_cast<Duration::rep>(std::min<std::uint64_t>(rate.count, INT64_MAX)) < Duration{1}) {
    return malformed;
  }
  return std::optional(rate);
}

std::optional<Duration> RequestLimit::refuse(std::string_view client, Instant now) {
  if (!rate_) return std::nullopt;
  const Duration interval = rate_->period / static_cast<Duration::rep>(rate_->count);
  const Duration burst = rate_->period - interval;
  const std::lock_guard lock(mutex_);
  Instant& used_up = used_up_at(client);
  const Instant from = std::max(used_up, now);
  if (from - now > burst) return from - now - burst;
  used_up = from + interval;
  return std::nullopt;
}

// Two generations: when the young one is full it becomes the old one, and who is in neither is forgotten.
Instant& RequestLimit::used_up_at(std::string_view client) {
  if (const auto found = young_.find(client); found != young_.end()) return found->second;
  if (young_.size() >= clients_max / 2) old_ = std::exchange(young_, {});
  const auto found = old_.find(client);
  const Instant kept = found == old_.end() ? Instant{} : found->second;
  return young_.emplace(client, kept).first->second;
}

}  // namespace url_shortener
