#include "url_shortener/config.h"

#include "common/log.h"
#include "common/postgres/target.h"
#include "common/redis/endpoint.h"
#include "common/units.h"
#include "url_shortener/base62.h"
#include "url_shortener/make_code_generator.h"
#include "url_shortener/url_check.h"

namespace url_shortener {
namespace {

void add_rate(common::Options& options, std::string name, std::optional<rate_limiter::Limit>& target,
              std::string help) {
  const std::string shown =
      target ? std::to_string(target->limit) + "/" + common::format_duration(std::chrono::microseconds(target->period))
             : "none";
  options.add_custom(std::move(name), shown, {.metavar = "RATE|none", .help = std::move(help)},
                     [&target](std::string_view text) -> common::Result<> {
                       auto rate = rate_limiter::parse_rate(text);
                       if (rate.has_error()) return rate.error();
                       target = *rate;
                       return {};
                     });
}

// URLs are not repeated in messages: they may hold a password.
void check_stores(const std::vector<std::string>& stores) {
  if (stores.size() == 1) return;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    if (stores[i] == "sqlite" || stores[i] == "memory") {
      throw common::UsageError("--store " + stores[i] + " cannot be one of several: shards are PostgreSQL databases");
    }
    if (std::count(stores.begin(), stores.end(), stores[i]) > 1) {
      throw common::UsageError("--store: number " + std::to_string(i + 1) + " is there twice");
    }
  }
}

}  // namespace

std::string Config::cache_redis() const {
  const auto at = cache.find("redis://");
  return at == std::string::npos ? "" : cache.substr(at);
}

void Config::log_choices() const {
  std::string store;
  for (const auto& each : stores) {
    const bool is_url = each.starts_with("postgres");
    store += (store.empty() ? "" : " ") + (is_url ? common::postgres::Target(each).address() : each);
  }
  const std::string redis = cache_redis();
  const std::string tier = cache_local() ? "local+" : "";
  const std::string cached = redis.empty() ? cache : tier + common::redis::parse_endpoint(redis).value().name();
  common::log::info("serving links", {{"store", store}, {"codes", codes}, {"cache", cached}});
}

std::optional<std::string> Config::parse(int argc, const char* const* argv) {
  common::Options options("url_shortener", "turns long URLs into short codes, and follows them");
  options.group("Short links");
  common::About codes_about{.help = "how a new link gets its code"};
  for (const auto& choice : code_generator_choices()) {
    codes_about.choices.push_back({std::string(choice.name), std::string(choice.description)});
  }
  options.add("codes", codes, codes_about);
  options.add(
      "code-length", code_length,
      {.help = "characters in a new code (not for snowflake); 0: the generator's natural length", .default_text = "0"});
  options.add("store", stores,
              {.help = "where links live",
               .default_text = "sqlite",
               .choices = {{"sqlite", "a file in --data, durable: WAL, one fsync for a group of writes"},
                           {"memory", "gone when the process ends"},
                           {"postgres://…", "a PostgreSQL that many processes share; several are shards"}}});
  options.add(
      "store-connections", store_connections,
      {.help = "to each PostgreSQL, of this process, and up to as many more for transactions; of both at least one a "
               "thread"});
  options.add("rebalance", rebalance,
              {.help = "with all servers stopped: moves links to the shards that were added to --store, and ends"});
  options.add("cache", cache,
              {.help = "what a redirect asks before the store",
               .choices = {{"local", "a table on each thread: other processes' edits show within 2 s"},
                           {"none", "every redirect reads the store"},
                           {"redis://…", "one Redis for all processes: at once, or within 60 s if it was away"},
                           {"local+redis://…", "a table, and behind it one Redis: within 2 s, or 62 s"}}});
  options.add("redis-timeout", redis_timeout, {.help = "how long a redirect waits for Redis, at most"});
  options.add("local-entries", local_entries, {.help = "links in the local cache, for each thread"});
  options.add("search", search,
              {.help = "how ?q= finds links",
               .choices = {{"scan", "goes through the links, newest first; costs a creation nothing"},
                           {"words", "an index of their words (inverted index), kept by each creation"}}});
  options.add("redirect", redirect_status,
              {.metavar = "STATUS",
               .help = "what GET /{code} answers",
               .choices = {{"302", "asked again for each click: every click is counted"},
                           {"301", "may be remembered for 90 s, and hides those clicks"},
                           {"307", "as 302; the method is kept"},
                           {"308", "as 301; the method is kept"}}});
  add_rate(options, "create-limit", create_limit, "links that one client may create, such as 60/1m");
  add_rate(options, "miss-limit", miss_limit, "unknown codes that one address may try; more are answered late, by 429");
  options.add("base-url", base_url,
              {.metavar = "URL", .help = "what short URLs begin with", .default_text = "the address it listens on"});
  server.add_to(options, "url_shortener", 8081);
  if (auto text = options.parse(argc, argv)) return text;

  server.validate();
  if (code_length > base62::exponent_max) {
    throw common::UsageError("--code-length " + std::to_string(code_length) + ": at most " +
                             std::to_string(base62::exponent_max));
  }
  for (const auto& choice : code_generator_choices()) {
    if (choice.name == codes && !choice.has_length && code_length != 0) {
      throw common::UsageError("--code-length makes no sense with --codes " + codes + ": its codes have one length");
    }
  }
  if (!base_url.empty()) {
    const auto url = check_url(base_url, {});
    if (url.has_error()) throw common::UsageError("--base-url " + base_url + ": " + std::string(url.error().sentence));
    if (url->find_first_of("?#") != std::string::npos) {
      throw common::UsageError("--base-url " + base_url + ": a code can follow neither a query nor a fragment");
    }
    base_url = *url;
    while (base_url.ends_with('/'))
      base_url.pop_back();
  }
  if (!cache_local() && options.given("local-entries")) {
    throw common::UsageError("--local-entries makes no sense with --cache " + cache.substr(0, cache.find("://")) +
                             ": there is no local cache");  // without the URL, which may hold a password
  }
  if (cache_redis().empty()) {
    if (options.given("redis-timeout")) throw common::UsageError("--redis-timeout makes no sense without a Redis");
  } else if (const auto endpoint = common::redis::parse_endpoint(cache_redis()); endpoint.has_error()) {
    throw common::UsageError("--cache: " + endpoint.error().message);
  }
  check_stores(stores);
  if (!store_is("sqlite") && options.given("data")) {
    throw common::UsageError("--data makes no sense with this --store: nothing is written there");
  }
  const bool is_embedded = store_is("sqlite") || store_is("memory");
  if (is_embedded && options.given("store-connections")) {
    throw common::UsageError("--store-connections makes no sense with --store " + stores.front() + ": it has none");
  }
  if (rebalance && stores.size() == 1) throw common::UsageError("--rebalance makes no sense with a single --store");
  if (store_is("memory") && search == "words") {
    throw common::UsageError("--search words makes no sense with --store memory: it keeps no index");
  }
  if (store_connections == 0) throw common::UsageError("--store-connections 0: at least 1");
  return std::nullopt;
}

}  // namespace url_shortener
