#include "notifier/sink/fault_plan.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace notifier {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

common::Result<FaultRule> parse_fault(std::string_view text) {
  const common::Error wrong{common::Failure::invalid,
                            "must be KIND[:PERCENT%][:COUNT], KIND a status of 400 to 599, reset, hang, slow or cut"};
  constexpr std::array<std::string_view, 4> kinds = {"reset", "hang", "slow", "cut"};
  FaultRule rule;
  const auto first = text.find(':');
  rule.kind = text.substr(0, first);
  const auto status = number(rule.kind);
  const bool named = std::find(kinds.begin(), kinds.end(), rule.kind) != kinds.end();
  if (!named && (!status || *status < 400 || *status > 599)) return wrong;
  if (first == std::string_view::npos) return rule;
  const auto rest = text.substr(first + 1);
  const auto second = rest.find(':');
  const auto percent = rest.substr(0, second);
  if (!percent.empty()) {
    const auto value = percent.ends_with('%') ? number(percent.substr(0, percent.size() - 1)) : std::nullopt;
    if (!value || *value > 100) return wrong;
    rule.share = static_cast<double>(*value) / 100;
  }
  if (second != std::string_view::npos) {
    const auto count = number(rest.substr(second + 1));
    if (!count) return wrong;
    rule.left = *count;
  }
  return rule;
}

}  // namespace notifier
