#include "rate_limiter/redis_scripts.h"

#include <charconv>

#include "common/digest.h"
#include "common/text.h"

#include "embedded/lua_fixed_window.h"
#include "embedded/lua_gcra.h"
#include "embedded/lua_leaky_bucket.h"
#include "embedded/lua_redis_check.h"
#include "embedded/lua_redis_look.h"
#include "embedded/lua_sliding_window_counter.h"
#include "embedded/lua_sliding_window_log.h"
#include "embedded/lua_token_bucket.h"

namespace rate_limiter {
namespace {

constexpr std::size_t numbers_each = 6;  // of an answer

std::string_view twin_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::fixed_window:
      return embedded::lua_fixed_window;
    case Algorithm::sliding_window_log:
      return embedded::lua_sliding_window_log;
    case Algorithm::sliding_window_counter:
      return embedded::lua_sliding_window_counter;
    case Algorithm::token_bucket:
      return embedded::lua_token_bucket;
    case Algorithm::leaky_bucket:
      return embedded::lua_leaky_bucket;
    case Algorithm::gcra:
      return embedded::lua_gcra;
  }
  return {};
}

std::string framed(const std::string& twins) {
  return "local twins, keepers = {}, {}\n" + twins + std::string(embedded::lua_redis_check);
}

// A hash tag ends at the first closing brace.
std::string without_braces(std::string_view key) {
  std::string text;
  for (const char c : key) {
    if (c == '{') {
      text += "%7B";
    } else if (c == '}') {
      text += "%7D";
    } else if (c == '%') {
      text += "%25";
    } else {
      text += c;
    }
  }
  return text;
}

common::Error malformed() {
  return {common::Failure::internal, "Redis answered a check in a way that was not expected"};
}

}  // namespace

std::string check_script(Algorithm algorithm) {
  return framed(std::string(twin_of(algorithm)));
}

std::string check_script_of_all() {
  std::string twins;
  for (const auto& each : algorithms)
    twins += twin_of(each.algorithm);
  return framed(twins);
}

std::string look_script() {
  return std::string(embedded::lua_redis_look);
}

std::string redis_key(const Check& check) {
  // No shorter key can be confused with it: it has 65 bytes.
  const bool is_long = check.key.size() > 64;
  const std::string key = is_long ? "#" + common::hex_encode(common::sha256(check.key)) : without_braces(check.key);
  return "rate_limiter:{" + key + "}:" + check.limit->name;
}

ScriptCall check_call(std::span<const Check> checks, std::string_view now, std::int64_t most) {
  ScriptCall call;
  call.arguments.emplace_back(now);
  for (const Check& check : checks) {
    const Limit& limit = check.limit->limit;
    call.keys.push_back(redis_key(check));
    call.arguments.emplace_back(to_string(limit.algorithm));
    for (const std::int64_t number :
         {limit.limit, limit.period, limit.burst, limit.units_per_token, limit.units_per_tick, limit.capacity,
          limit.horizon, check.cost, &check == checks.data() && most > 0 ? most : check.cost}) {
      call.arguments.push_back(std::to_string(number));
    }
    call.arguments.emplace_back(check.binding ? "1" : "0");
  }
  return call;
}

common::Result<void> read_decisions(const common::redis::Reply& reply, std::span<const Check> checks,
                                    std::span<Decision> decisions, std::int64_t* taken) {
  if (!reply.is_array() || reply.elements.size() != checks.size() * numbers_each) return malformed();
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const auto number = [&](std::size_t field) { return reply.elements[i * numbers_each + field].integer; };
    for (std::size_t field = 0; field < numbers_each; ++field) {
      if (!reply.elements[i * numbers_each + field].is_integer()) return malformed();
    }
    Decision& decision = decisions[i];
    decision = judged(checks[i].limit->limit, checks[i].cost, number(0) == 1);
    decision.remaining = number(1);
    decision.retry_after = decision.reason == Reason::cost_above_capacity ? Decision::never : number(2);
    decision.next_after = number(3);
    decision.reset_after = number(4);
    if (taken && i == 0) *taken = number(5);
  }
  return {};
}

common::Result<Snapshot> read_snapshot(const common::redis::Reply& reply, const Limit& limit) {
  std::vector<std::int64_t> numbers;
  for (const auto& element : reply.elements) {
    std::int64_t number = 0;
    const char* const end = element.text.data() + element.text.size();
    if (!element.is_text() || std::from_chars(element.text.data(), end, number).ec != std::errc{}) return malformed();
    numbers.push_back(number);
  }
  if (!reply.is_array() || numbers.empty()) return malformed();
  Snapshot snapshot{fresh(limit), numbers[0]};
  if (auto* log = std::get_if<Log>(&snapshot.state)) {
    for (std::size_t i = 1; i + 1 < numbers.size(); i += 2)
      log->push_back({numbers[i], numbers[i + 1]});
  } else if (numbers.size() > 1) {
    FixedState& state = std::get<FixedState>(snapshot.state);
    if (numbers.size() > 1 + state.size()) return malformed();
    std::copy(numbers.begin() + 1, numbers.end(), state.begin());
  }
  return snapshot;
}

}  // namespace rate_limiter
