// How notifier_sink misbehaves: rules of --fail, and the one that the next message meets. Randomness is an argument.
//
//   KIND[:PERCENT%][:COUNT]    "429:10%", "reset", "550::3": of each hundred messages so many, at most COUNT in all

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/random.h"
#include "common/result.h"

namespace notifier {

struct FaultRule {
  std::string kind;  // a status: 429, 500, 421, 450, 550, …; or reset, hang, slow, cut
  double share = 1;
  std::int64_t left = -1;  // -1: any number
};

// Kinds of HTTP: 400 to 599, reset (closes without an answer, having taken it), hang (takes it, never answers), slow (a
// second). Of SMTP: 421, 450, 550 and other 4xx and 5xx, hang, cut (takes the message, closes without an answer).
common::Result<FaultRule> parse_fault(std::string_view text);

// The first rule that strikes; its count is used up by one. Nullopt: none.
inline std::optional<std::string> strike(std::vector<FaultRule>& rules, common::Random& random) {
  for (auto& rule : rules) {
    if (rule.left == 0 || random.unit() >= rule.share) continue;
    if (rule.left > 0) --rule.left;
    return rule.kind;
  }
  return std::nullopt;
}

}  // namespace notifier
