// The scripts that Redis runs: the twins of the algorithms (beside their headers) in a frame, redis_check.lua, and how
// to speak to it. Without I/O, so that tests run the same scripts in an embedded Lua.
//
// A check of one algorithm gets a script with this algorithm alone; checks of several get all six.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/redis/reply.h"
#include "common/result.h"
#include "rate_limiter/limiter_store.h"

namespace rate_limiter {

// The text of the script for one algorithm.
std::string check_script(Algorithm algorithm);
// For checks of any algorithms.
std::string check_script_of_all();
// Reads a key's state.
std::string look_script();

// "rate_limiter:{alice}:login:token_bucket/5/60000000/5": a key's states under all rules are in one hash slot. Of a key
// above 64 bytes its SHA-256 stands there (after a '#'), so that nobody fills Redis with texts of his own.
std::string redis_key(const Check& check);

struct ScriptCall {
  std::vector<std::string> keys;
  std::vector<std::string> arguments;
};
// What redis_check.lua wants to know. `now`: empty for Redis' own clock. `most`: of the first check, see there; 0: its
// cost.
ScriptCall check_call(std::span<const Check> checks, std::string_view now, std::int64_t most = 0);

// What it answered. `taken`: by the first check. Failure::internal for an answer of another shape.
common::Result<void> read_decisions(const common::redis::Reply& reply, std::span<const Check> checks,
                                    std::span<Decision> decisions, std::int64_t* taken = nullptr);
// What redis_look.lua answered.
common::Result<Snapshot> read_snapshot(const common::redis::Reply& reply, const Limit& limit);

}  // namespace rate_limiter
