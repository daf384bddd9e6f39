// Rules as a TOML file.
//
//   [[rule]]
//   name = "login"
//   algorithm = "token_bucket"   # the default
//   limit = 5
//   period = "1m"
//   burst = 5                    # token_bucket, leaky_bucket, gcra; default: limit
//   mode = "enforce"             # or "shadow"
//   trace = 0                    # keep the last N arrivals of each key, for explain
//
//   [[rule.override]]            # for one key of the rule above; what is absent is the rule's
//   key = "10.0.0.7"
//   limit = 500                  # burst: the rule's too where it states one, otherwise this limit
//
// Everything is checked before anything is used: a file is taken whole or refused with file, line and reason.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "rate_limiter/rule.h"

namespace rate_limiter {

// The rules of `text`, in its order. Failure::invalid with "FILE:LINE: what is wrong"; `file` is for that sentence.
// `log_max`: see make_limit() of rule.h.
common::Result<std::vector<Rule>> parse_rules(std::string_view text, const std::string& file,
                                              std::int64_t log_max = log_limit_max);

}  // namespace rate_limiter
