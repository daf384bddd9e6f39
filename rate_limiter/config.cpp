#include "rate_limiter/config.h"

#include <fstream>
#include <iterator>

#include "common/redis/endpoint.h"
#include "embedded/demo_users.h"
#include "rate_limiter/limiter_store_memory.h"
#include "rate_limiter/rules_file.h"

namespace rate_limiter {
namespace {

void check_numbers(const Config& config) {
  for (const Rule& rule : built_in_rules(config.algorithm)) {
    const Limit& limit = rule.base.limit;
    if (!has_log(limit.algorithm) || limit.limit <= config.log_max()) continue;
    throw common::UsageError("--max-keys " + std::to_string(config.keys_max) + ": for the rule " + rule.name +
                             " with sliding_window_log at least " + std::to_string(128 * (limit.limit + 2)));
  }
  if (config.keys_max < 64 || config.keys_max > 1'000'000'000) {
    throw common::UsageError("--max-keys " + std::to_string(config.keys_max) + ": from 64 to 1000000000");
  }
  if (config.v6_prefix < 1 || config.v6_prefix > 128) {
    throw common::UsageError("--ipv6-prefix " + std::to_string(config.v6_prefix) + ": from 1 to 128");
  }
  if (config.store_timeout.count() < 1 || config.store_timeout > std::chrono::seconds{10}) {
    throw common::UsageError("--store-timeout: from 1ms to 10s");
  }
}

}  // namespace

std::string Config::redis_url() const {
  const auto at = store.find("redis://");
  return at == std::string::npos ? "" : store.substr(at);
}

std::int64_t Config::log_max() const {
  const bool memory_decides = redis_url().empty() || on_store_failure == FailurePolicy::local;
  return memory_decides ? std::min(log_limit_max, LimiterStoreMemory::log_limit_for(keys_max)) : log_limit_max;
}

ClientAddresses Config::client_addresses() const {
  std::vector<AddressBlock> blocks;
  for (const auto& text : trusted_proxies) {
    const auto block = parse_block(text);
    if (block.has_error()) throw common::UsageError("--trusted-proxy: " + block.error().message);
    blocks.push_back(*block);
  }
  return ClientAddresses(std::move(blocks), v6_prefix);
}

std::vector<Rule> Config::first_rules() const {
  if (rules.empty()) return built_in_rules(algorithm);
  auto read = read_rules(rules, log_max());
  if (read.has_error()) throw std::runtime_error(read.error().message);
  return std::move(*read);
}

Users Config::first_users() const {
  if (users.empty()) return parse_users(embedded::demo_users, "demo users").value();
  std::ifstream file(users, std::ios::binary);
  if (!file) throw std::runtime_error("--users: cannot read " + users);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto read = parse_users(text, users);
  if (read.has_error()) throw std::runtime_error(read.error().message);
  return std::move(*read);
}

std::optional<std::string> Config::parse(int argc, const char* const* argv) {
  common::Options options("rate_limiter", "says who may pass, and who has had enough");
  options.group("Rules");
  std::vector<common::Choice<Algorithm>> choices;
  for (const auto& each : algorithms)
    choices.push_back({std::string(each.id), each.algorithm, std::string(each.description)});
  options.add("algorithm", algorithm, choices, {.help = "of the built-in rules, login 5/1m and api 100/15m"});
  options.add("rules", rules,
              {.metavar = "FILE.toml",
               .help = "the rules; a change is taken within 2 s, and on SIGHUP; a bad file changes nothing",
               .default_text = "the built-in ones"});
  options.group("Where keys are counted");
  options.add("store", store,
              {.help = "what the processes share",
               .choices = {{"memory", "nothing: each counts for itself"},
                           {"redis://…", "one Redis, one round trip a decision"},
                           {"borrow+redis://…",
                            "one Redis, asked for batches: few round trips, up to 5 % of a burst "
                            "more for each process (token leasing)"}}});
  options.add("on-store-failure", on_store_failure,
              {{"local", FailurePolicy::local, "each process counts for itself (available)"},
               {"allow", FailurePolicy::allow, "everybody passes (fail open: available)"},
               {"deny", FailurePolicy::deny, "nobody passes (fail closed: consistent)"}},
              {.help = "what is decided while Redis does not answer"});
  options.add("store-timeout", store_timeout, {.help = "how long a decision waits for Redis, at most"});
  options.add("max-keys", keys_max,
              {.help = "keys kept in memory, 64 bytes each, and as much again for logs; beyond, those are forgotten "
                       "that had used the smallest share of their burst"});
  options.group("Who is counted");
  options.add("trusted-proxy", trusted_proxies,
              {.metavar = "BLOCK", .help = "whose X-Forwarded-For is believed: an address, or 10.0.0.0/8; repeatable"});
  options.add("ipv6-prefix", v6_prefix, {.help = "bits of an IPv6 address that make one client"});
  options.add(
      "users", users,
      {.metavar = "FILE",
       .help = "who may log in: lines NAME:HASH, the hash as the program argon2 -id -t 2 -k 19456 -p 1 -e writes it",
       .default_text = "demo users"});
  options.add("admin", admins,
              {.metavar = "SUBJECT",
               .help = "whose token may change rules and forget keys, with --auth jwt; repeatable",
               .default_text = "nobody"});
  server.add_to(options, "rate_limiter", 8082);
  if (auto text = options.parse(argc, argv)) return text;

  server.validate();
  check_numbers(*this);
  (void)client_addresses();
  if (redis_url().empty()) {
    for (const char* const name : {"on-store-failure", "store-timeout"}) {
      if (options.given(name)) {
        throw common::UsageError("--" + std::string(name) + " makes no sense with --store memory: it does not fail");
      }
    }
  } else if (const auto endpoint = common::redis::parse_endpoint(redis_url()); endpoint.has_error()) {
    throw common::UsageError("--store: " + endpoint.error().message);
  }
  if (server.auth == common::Auth::none && options.given("admin")) {
    throw common::UsageError("--admin makes no sense without --auth jwt: nobody says who is asking");
  }
  return std::nullopt;
}

}  // namespace rate_limiter
