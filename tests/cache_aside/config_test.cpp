// Settings: which go together, and what is said when they do not.

#include "cache_aside/config.h"

#include "tests/support/catch.h"

using namespace cache_aside;

namespace {

Config parsed(std::vector<const char*> flags) {
  flags.insert(flags.begin(), "cache_aside");
  Config config;
  REQUIRE_FALSE(config.parse(static_cast<int>(flags.size()), flags.data()));
  return config;
}

std::string refused(std::vector<const char*> flags) {
  flags.insert(flags.begin(), "cache_aside");
  Config config;
  try {
    (void)config.parse(static_cast<int>(flags.size()), flags.data());
  } catch (const common::UsageError& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

}  // namespace

TEST_CASE("the defaults are the contract's") {
  const Config config = parsed({});
  CHECK(config.store == "sqlite");
  CHECK(config.cache == "local");
  CHECK(config.write_policy == "lease");
  CHECK(config.stampede == "single_flight");
  CHECK(config.eviction == "sieve");
  CHECK(config.ttl == std::chrono::hours{1});
  CHECK(config.ttl_jitter == 10);
  CHECK(config.negative_ttl == std::chrono::seconds{5});
  CHECK(config.fanout == "hybrid");
  CHECK(config.celebrity_followers == 10'000);
  CHECK(config.feed_entries == 800);
  CHECK(config.feed_ttl == std::chrono::minutes{5});
  CHECK(config.post_ttl == std::chrono::hours{1});
  CHECK(config.server.listen.port == 8085);
}

TEST_CASE("the textbook preset takes every protection away, and decides alone") {
  const Config config = parsed({"--preset", "textbook", "--ttl", "10m"});
  CHECK(config.write_policy == "delete_after_commit");
  CHECK(config.stampede == "none");
  CHECK(config.ttl_jitter == 0);
  CHECK(config.negative_ttl.count() == 0);
  CHECK(says(refused({"--preset", "textbook", "--write-policy", "lease"}), "--write-policy"));
  CHECK(says(refused({"--preset", "simple"}), "textbook"));
}

TEST_CASE("pairs that make no sense are refused, naming both") {
  CHECK(says(refused({"--stampede", "distributed_lock"}), "--cache local"));
  CHECK(says(refused({"--stampede", "distributed_lock", "--cache", "none"}), "distributed_lock"));
  CHECK(says(refused({"--cache", "none", "--stampede", "early_refresh"}), "--cache none"));
  CHECK(says(refused({"--cache", "redis://127.0.0.1:1", "--local-entries", "5"}), "--local-entries"));
  CHECK(says(refused({"--cache", "none", "--eviction", "lru"}), "--eviction"));
  CHECK(says(refused({"--redis-timeout", "10ms"}), "--redis-timeout"));
  CHECK(says(refused({"--read-store", "postgres://x/y"}), "--read-store"));
  CHECK(says(refused({"--store", "memory", "--data", "x"}), "--data"));
  CHECK(says(refused({"--beta", "2"}), "early_refresh"));
  CHECK(says(refused({"--stale-for", "2s"}), "stale_while_revalidate"));
  CHECK(says(refused({"--write-policy", "leese"}), "lease"));
  CHECK(says(refused({"--eviction", "fifo"}), "sieve"));
  CHECK(says(refused({"--ttl-jitter", "10"}), "%"));
  CHECK(says(refused({"--ttl-jitter", "95%"}), "90%"));
  CHECK(says(refused({"--stampede", "early_refresh", "--beta", "0"}), "above 0"));
  CHECK(says(refused({"--cache", "redis://:secret@host:port"}), "--cache"));
  CHECK_FALSE(says(refused({"--cache", "redis://:secret@host:port"}), "secret"));
}

TEST_CASE("pairs that make sense are not") {
  CHECK(parsed({"--cache", "redis://127.0.0.1:6379", "--stampede", "distributed_lock"}).stampede == "distributed_lock");
  CHECK(parsed({"--cache", "local+redis://127.0.0.1:6379/2"}).cache_redis() == "redis://127.0.0.1:6379/2");
  CHECK(parsed({"--cache", "none"}).stampede == "none");
  CHECK(parsed({"--stampede", "early_refresh", "--beta", "0.5"}).beta == 0.5);
}
