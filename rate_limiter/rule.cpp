#include "rate_limiter/rule.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "common/digest.h"
#include "common/units.h"

namespace rate_limiter {
namespace {

std::uint64_t digest_of(std::string_view text) {
  const std::string digest = common::sha256(text);
  std::uint64_t id = 0;
  for (std::size_t i = 0; i < 8; ++i)
    id = id << 8 | static_cast<unsigned char>(digest[i]);
  return id;
}

Limit must_make(Algorithm algorithm, std::int64_t limit, Ticks period) {
  const auto made = make_limit(algorithm, limit, period);
  if (const auto* refused = std::get_if<LimitRefused>(&made)) {
    throw std::runtime_error(refused->field + " " + refused->problem);
  }
  return std::get<Limit>(made);
}

}  // namespace

std::string_view to_string(Mode mode) noexcept {
  return mode == Mode::shadow ? "shadow" : "enforce";
}

// RateLimit-Policy counts in whole seconds, at least one.
RuleLimit::RuleLimit(std::string_view rule, const Limit& of)
    : limit(of),
      name(std::string(rule) + ":" + of.id()),
      id(digest_of(name)),
      policy('"' + std::string(rule) + "\";q=" + std::to_string(of.limit) +
             ";w=" + std::to_string(ceil_div(of.period, ticks_per_second))),
      rank_of_one(255.0F / static_cast<float>(of.burst)) {}

std::variant<Limit, LimitRefused> make_limit(Algorithm algorithm, const LimitNumbers& own, const LimitNumbers& base,
                                             std::int64_t log_max) {
  const std::int64_t limit = own.limit ? *own.limit : base.limit.value();
  const Ticks period = own.period ? *own.period : base.period.value();
  if (algorithm == Algorithm::sliding_window_log && limit > log_max && limit <= log_limit_max) {
    return LimitRefused{"limit", "must be at most " + std::to_string(log_max) +
                                     " with sliding_window_log, which remembers each admission: more takes a "
                                     "--max-keys of 128 x (limit + 2)"};
  }
  return make_limit(algorithm, limit, period, own.burst ? own.burst : base.burst);
}

Rule::Rule(std::string rule_name, const Limit& limit) : name(std::move(rule_name)), base(name, limit) {}

bool is_rule_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) || c == '_' || c == '-' || c == '.';
  });
}

std::vector<Rule> built_in_rules(Algorithm algorithm) {
  std::vector<Rule> rules;
  rules.emplace_back(std::string(login_rule), must_make(algorithm, 5, 60 * ticks_per_second)).trace = 64;
  rules.emplace_back("api", must_make(algorithm, 100, 900 * ticks_per_second));
  return rules;
}

std::string format_period(Ticks period) {
  return common::format_duration(std::chrono::microseconds{period});
}

}  // namespace rate_limiter
