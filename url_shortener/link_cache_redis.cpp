#include "url_shortener/link_cache_redis.h"

#include <charconv>

#include "common/digest.h"
#include "common/log.h"
#include "common/resilience/breaker_guard.h"
#include "common/text.h"

namespace url_shortener {
namespace {

using common::Result;
using common::Task;
using common::redis::Reply;

// An entry: its version, a blank, and
//   !                      ask the store
//   ?                      there is no such code
//   EXPIRES DELETED URL    microseconds since 1970 or '-'; 0 or 1
const common::redis::Script write_unless_newer(R"(
local held = redis.call('GET', KEYS[1])
if held and tonumber(string.match(held, '^%d+')) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], ARGV[3], ARGV[4])
return 1
)");

std::string to_entry(const Link& link) {
  const std::string expires =
      link.expires_at ? std::to_string(link.expires_at->time_since_epoch().count()) : std::string("-");
  return std::to_string(link.version) + ' ' + expires + (link.deleted ? " 1 " : " 0 ") + link.long_url;
}

std::string_view take_word(std::string_view& text) {
  const auto blank = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, blank);
  text.remove_prefix(std::min(blank + 1, text.size()));
  return word;
}

template <class Integer>
bool read(std::string_view text, Integer& value) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc{} && end == text.data() + text.size();
}

// Nothing for a marker, and for what we did not write.
std::optional<LinkCache::Known> to_known(std::string_view code, std::string_view entry) {
  Link link;
  if (!read(take_word(entry), link.version)) return std::nullopt;
  if (entry == "?") return LinkCache::Known{};
  const auto expires = take_word(entry);
  const auto deleted = take_word(entry);
  if (expires == "!" || entry.empty() || (deleted != "0" && deleted != "1")) return std::nullopt;
  if (expires != "-") {
    std::int64_t microseconds = 0;
    if (!read(expires, microseconds)) return std::nullopt;
    link.expires_at = common::TimePoint{std::chrono::microseconds{microseconds}};
  }
  link.code = code;
  link.long_url = entry;
  link.deleted = deleted == "1";
  return LinkCache::Known{std::move(link)};
}

constexpr std::chrono::milliseconds probe_pause{100};

}  // namespace

LinkCacheRedis::LinkCacheRedis(common::redis::Client& redis, IdSource& ids, const common::Clock& clock)
    : redis_(redis), ids_(ids), clock_(clock) {}

void LinkCacheRedis::start(common::Runtime& runtime, common::Metrics& metrics) {
  const auto count = [&](const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
    metrics.counter_of(name, help, [&value] { return static_cast<double>(value.load(std::memory_order_relaxed)); });
  };
  count("link_cache_redis_hits_total", "look-ups that Redis answered", hits_);
  count("link_cache_redis_misses_total", "look-ups that Redis could not answer", misses_);
  count("link_cache_redis_failures_total", "questions that Redis did not answer in time, or refused", failures_);
  metrics.gauge_of("link_cache_redis_up", "1 while Redis is asked, 0 while the circuit breaker is open",
                   [this] { return breaker_.allow() ? 1.0 : 0.0; });
  common::spawn(runtime.executor(), "Redis probe", probe_often());
}

// Nobody's request finds out whether Redis is back.
Task<void> LinkCacheRedis::probe_often() {
  for (;;) {
    co_await common::sleep_for(probe_pause);
    if (!breaker_.probe_due(clock_.monotonic())) continue;
    const auto reply = co_await redis_.command("PING");
    if (reply.has_value()) {
      breaker_.probe_succeeded();
      common::log::info("Redis is asked again", {{"redis", redis_.endpoint().name()}});
    } else {
      breaker_.probe_failed(clock_.monotonic());
    }
  }
}

template <class Ask>
Task<Result<Reply>> LinkCacheRedis::through_breaker(Ask ask) {
  auto reply = co_await common::through_breaker(std::move(ask), breaker_, clock_);
  if (reply.has_error()) failures_.fetch_add(1, std::memory_order_relaxed);
  co_return reply;
}

// Asked of the store until the first answer. A few may ask at once at the start, and all get the same.
Task<std::optional<std::string>> LinkCacheRedis::key(std::string_view code) {
  if (!has_prefix_.load(std::memory_order_acquire)) {
    const auto secret = co_await ids_.permutation_key();
    if (secret.has_error()) co_return std::nullopt;
    const std::lock_guard lock(prefix_mutex_);
    if (!has_prefix_.load(std::memory_order_relaxed)) {
      prefix_ = "url_shortener:" + common::hex_encode(common::sha256(*secret).substr(0, 8)) + ":";
      has_prefix_.store(true, std::memory_order_release);
    }
  }
  co_return prefix_ + std::string(code);
}

Task<std::optional<LinkCache::Known>> LinkCacheRedis::find(std::string code) {
  if (!breaker_.allow() || !trusted()) co_return std::nullopt;
  const auto name = co_await key(code);
  if (!name) co_return std::nullopt;
  const auto reply = co_await through_breaker([&] { return redis_.command("GET", *name); });
  if (reply.has_error()) co_return std::nullopt;
  auto known = reply->is_text() && trusted() ? to_known(code, reply->text) : std::nullopt;
  (known ? hits_ : misses_).fetch_add(1, std::memory_order_relaxed);
  co_return known;
}

LinkCacheRedis::End LinkCacheRedis::until(common::TimePoint end) {
  return {"PXAT", std::chrono::floor<std::chrono::milliseconds>(end.time_since_epoch())};
}

Task<bool> LinkCacheRedis::store(std::string_view code, std::uint64_t version, std::string value, End end) {
  if (!breaker_.allow()) co_return false;
  const auto name = co_await key(code);
  if (!name) co_return false;
  const std::string number = std::to_string(version);
  const std::string time = std::to_string(end.value.count());
  const auto reply =
      co_await through_breaker([&] { return redis_.run(write_unless_newer, *name, number, value, end.option, time); });
  co_return reply.has_value();
}

Task<void> LinkCacheRedis::put(std::string code, std::optional<Link> link, common::TimePoint stamp) {
  if (!link) {
    co_await store(code, 0, "0 ?", until(stamp + absent_lifetime));
  } else if (!link->max_clicks) {
    co_await store(code, link->version, to_entry(*link), until(stamp + entry_lifetime));
  }
}

Task<void> LinkCacheRedis::changed(std::string code, std::optional<std::uint64_t> version) {
  bool told = false;
  if (version) {
    const End late_is_good{"PX", marker_lifetime};  // the later it is executed, the longer it refuses old rows
    told = co_await store(code, *version, std::to_string(*version) + " !", late_is_good);
  } else if (const auto name = co_await key(code); name && breaker_.allow()) {
    const auto reply = co_await through_breaker([&] { return redis_.command("DEL", *name); });
    told = reply.has_value();
  }
  // A new link can only be hidden by "there is no such code".
  if (!told) distrust_for(version == 1 ? absent_lifetime : entry_lifetime);
}

void LinkCacheRedis::distrust_for(std::chrono::nanoseconds time) {
  const auto until = (clock_.monotonic() + time).time_since_epoch().count();
  auto known = distrusted_until_.load();
  while (known < until && !distrusted_until_.compare_exchange_weak(known, until)) {
  }
}

}  // namespace url_shortener
