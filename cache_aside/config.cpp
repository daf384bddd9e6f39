#include "cache_aside/config.h"

#include <charconv>
#include <cmath>

#include "cache_aside/make_eviction.h"
#include "cache_aside/make_fanout.h"
#include "cache_aside/make_stampede.h"
#include "cache_aside/make_write_policy.h"
#include "common/redis/endpoint.h"

namespace cache_aside {
namespace {

template <class Choices>
std::vector<common::TextChoice> text_choices(const Choices& choices) {
  std::vector<common::TextChoice> texts;
  for (const auto& choice : choices)
    texts.push_back({std::string(choice.name), std::string(choice.description)});
  return texts;
}

common::Result<> read_percent(std::string_view text, unsigned& target) {
  const common::Error wrong{common::Failure::invalid, "must be per cent from 0% to 90%"};
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end + 1 != text.data() + text.size() || *end != '%' || value > 90) return wrong;
  target = value;
  return {};
}

common::Result<> read_beta(std::string_view text, double& target) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value > 0 && value <= 100)) {
    return common::Error{common::Failure::invalid, "must be a number above 0, such as 1 or 0.5; at most 100"};
  }
  target = value;
  return {};
}

[[noreturn]] void refuse(const std::string& what) {
  throw common::UsageError(what);
}

}  // namespace

std::string Config::cache_redis() const {
  const auto at = cache.find("redis://");
  return at == std::string::npos ? "" : cache.substr(at);
}

std::optional<std::string> Config::parse(int argc, const char* const* argv) {
  common::Options options("cache_aside", "users and feeds behind a cache, with the races of caching shown and closed");
  add_to(options);
  server.add_to(options, "cache_aside", 8085);
  if (auto text = options.parse(argc, argv)) return text;
  server.validate();
  apply_preset(options);
  validate(options);
  return std::nullopt;
}

void Config::add_to(common::Options& options) {
  options.group("Database");
  options.add("store", store,
              {.help = "where users and posts live",
               .choices = {{"sqlite", "a file in --data, durable: WAL, one fsync for a group of writes"},
                           {"memory", "gone when the process ends"},
                           {"postgres://…", "a PostgreSQL that many processes on many hosts share"}}});
  options.add("read-store", read_store,
              {.metavar = "URL",
               .help = "a PostgreSQL replica for reads; the primary is asked when the cache knows that it is behind; "
                       "with --cache none a read is as old as the replica",
               .default_text = "none"});
  options.add("store-connections", store_connections,
              {.help = "to PostgreSQL, of this process; at least one a thread"});
  options.add("store-delay", store_delay, {.help = "added to each query, as if its answer took longer to arrive"});
  options.add("store-concurrency", store_concurrency,
              {.help = "queries at once, others wait: with --store-delay this is the database's capacity",
               .default_text = "no limit"});

  options.group("Cache");
  options.add("cache", cache,
              {.help = "what a read asks before the database",
               .choices = {{"local",
                            "this process's memory; others' changes are seen within a second under lease and "
                            "versioned, otherwise when the TTL ends"},
                           {"none", "every read asks the database"},
                           {"redis://…", "one Redis for all processes"},
                           {"local+redis://…",
                            "memory first, then one Redis; others' changes are seen within 2 s, "
                            "write_through's and write_behind's when the TTL ends"}}});
  options.add("preset", preset,
              {.help = "the plain form of the interview answer",
               .default_text = "none",
               .choices = {{"textbook", "get, query, SETEX; delete after commit; no protection"}}});
  options.add(
      "write-policy", write_policy,
      {.help = "in which order a change reaches database and cache", .choices = text_choices(write_policy_choices())});
  options.add("stampede", stampede,
              {.help = "who loads a value that many miss at once", .choices = text_choices(stampede_choices())});
  options.add_custom("beta", "1", {.metavar = "NUMBER", .help = "of early_refresh: greater is earlier"},
                     [this](std::string_view text) { return read_beta(text, beta); });
  options.add("stale-for", stale_for, {.help = "of stale_while_revalidate: how long past its TTL a value is served"});
  options.add("eviction", eviction,
              {.help = "who goes when the local cache is full", .choices = text_choices(eviction_choices())});
  options.add("local-entries", local_entries, {.help = "entries in the local cache"});
  options.add_size("local-bytes", local_bytes, {.help = "bytes in the local cache"});
  options.add("ttl", ttl, {.help = "how long a user is cached"});
  options.add_custom("ttl-jitter", "10%",
                     {.metavar = "PERCENT", .help = "a TTL is shortened by up to this, so that not all expire at once"},
                     [this](std::string_view text) { return read_percent(text, ttl_jitter); });
  options.add("negative-ttl", negative_ttl,
              {.help = "how long it is cached that there is no such row; 0s: not at all"});
  options.add("redis-timeout", redis_timeout, {.help = "how long a command waits for Redis, at most"});

  options.group("Feed");
  options.add("fanout", fanout,
              {.help = "who does a feed's work, the author or the reader", .choices = text_choices(fanout_choices())});
  options.add("celebrity-followers", celebrity_followers, {.help = "of hybrid: from so many on, posts are not pushed"});
  options.add("feed-entries", feed_entries, {.help = "ids in a cached feed; older ones come from the database"});
  options.add("feed-ttl", feed_ttl, {.help = "how long a feed is cached"});
  options.add("post-ttl", post_ttl, {.help = "how long a post is cached"});
}

void Config::apply_preset(const common::Options& options) {
  if (preset.empty()) return;
  for (const char* name : {"write-policy", "stampede", "ttl-jitter", "negative-ttl", "eviction"}) {
    if (options.given(name)) refuse("--preset textbook and --" + std::string(name) + ": the preset decides that");
  }
  write_policy = "delete_after_commit";
  stampede = "none";
  ttl_jitter = 0;
  negative_ttl = std::chrono::nanoseconds{0};
  eviction = "lru";
}

void Config::validate(const common::Options& options) {
  const auto pointless = [&](const char* name, bool makes_sense, const std::string& why) {
    if (options.given(name) && !makes_sense) refuse("--" + std::string(name) + " makes no sense: " + why);
  };
  const bool has_redis = !cache_redis().empty();
  const bool is_postgres = store.starts_with("postgres://");
  if (stampede == "distributed_lock" && !has_redis) {
    refuse("--stampede distributed_lock makes no sense with --cache " + cache + ": the lock is in Redis");
  }
  if (cache == "none") {
    pointless("stampede", stampede == "none" || stampede == "single_flight", "with --cache none nothing is kept");
    if (!options.given("stampede")) stampede = "none";
  }
  pointless("local-entries", cache_local(), "there is no local cache");
  pointless("local-bytes", cache_local(), "there is no local cache");
  pointless("eviction", cache_local(), "there is no local cache");
  pointless("redis-timeout", has_redis, "there is no Redis");
  pointless("beta", stampede == "early_refresh", "it belongs to --stampede early_refresh");
  pointless("stale-for", stampede == "stale_while_revalidate", "it belongs to --stampede stale_while_revalidate");
  pointless("read-store", is_postgres, "a replica needs a primary: --store postgres://…");
  pointless("data", store == "sqlite", "nothing is written there with this --store");
  pointless("store-connections", is_postgres, "this --store has none");
  if (!read_store.empty() && !read_store.starts_with("postgres://")) {
    refuse("--read-store: a replica is a postgres:// URL");
  }
  if (has_redis) {
    const auto endpoint = common::redis::parse_endpoint(cache_redis());
    if (endpoint.has_error()) refuse("--cache: " + endpoint.error().message);
  }
  if (store_connections == 0) refuse("--store-connections 0: at least 1");
  if (cache_local() && local_entries == 0) refuse("--local-entries 0: use --cache none");
  if (ttl.count() <= 0) refuse("--ttl 0s: use --cache none");
  if (feed_ttl < std::chrono::seconds{1} || post_ttl < std::chrono::seconds{1}) {
    refuse("--feed-ttl and --post-ttl: at least 1s");
  }
  if (feed_entries < 1 || feed_entries > 5000) refuse("--feed-entries: from 1 to 5000");
  if (celebrity_followers == 0) refuse("--celebrity-followers 0: at least 1; everybody at reading is --fanout read");
}

}  // namespace cache_aside
