#include "cache_aside/cache_redis.h"

#include <algorithm>
#include <charconv>

#include "common/random.h"
#include "common/text.h"

namespace cache_aside {

using common::Task;
using common::TimePoint;
using common::redis::Script;

namespace {

// What a key holds: a letter and a number, then
//   V version fresh_until kept_until load_time VALUE     a row; times in microseconds
//   N version fresh_until kept_until load_time           no row
//   S stamp floor                                        a miss, under Guard::stamp
//   M floor                                              an invalidation, under Guard::version

const Script stamp_or_held(R"(
local held = redis.call('GET', KEYS[1])
if held then return held end
held = 'S' .. ARGV[1] .. ' 0'
redis.call('SET', KEYS[1], held, 'PX', ARGV[2])
return held
)");

// ARGV: guard, ticket, version, what to keep, for how long, the lock's token.
const Script guarded_put(R"(
if ARGV[6] ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[6] then return 0 end
local held = redis.call('GET', KEYS[1])
if ARGV[1] == 'stamp' then
  if not held or string.sub(held, 1, #ARGV[2]) ~= ARGV[2] then return 0 end
elseif ARGV[1] == 'version' and held then
  local known = string.match(held, '^[VNM](%d+)')
  if known and tonumber(known) > tonumber(ARGV[3]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
return 1
)");

// ARGV: guard, version, a fresh stamp, its life, the channel, the message.
// DEL before each SET: a Redis that has reached its maxmemory refuses a SET, unless the script has written before.
const Script invalidation(R"(
local held = redis.call('GET', KEYS[1]) or ''
local kind, known = string.match(held, '^([VNM])(%d+)')
local has_it = kind and ARGV[2] ~= '0' and tonumber(known) >= tonumber(ARGV[2])
if ARGV[1] == 'none' or (ARGV[1] == 'version' and ARGV[2] == '0') then
  redis.call('DEL', KEYS[1])
elseif ARGV[1] == 'version' then
  if not has_it then
    redis.call('DEL', KEYS[1])
    redis.call('SET', KEYS[1], 'M' .. ARGV[2], 'PX', ARGV[4])
  end
elseif not (has_it and kind ~= 'M') then
  local floor = string.match(held, '^S%w+ (%d+)')
  if not floor or tonumber(floor) < tonumber(ARGV[2]) then floor = ARGV[2] end
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[1], 'S' .. ARGV[3] .. ' ' .. floor, 'PX', ARGV[4])
end
if ARGV[5] ~= '' then redis.call('PUBLISH', ARGV[5], ARGV[6]) end
return 1
)");

std::string_view to_string(Guard guard) {
  return guard == Guard::none ? "none" : guard == Guard::stamp ? "stamp" : "version";
}

std::string fresh_stamp() {
  const auto high = common::hex_digits(common::thread_random().next());
  const auto low = common::hex_digits(common::thread_random().next());
  return std::string(high.data(), high.size()) + std::string(low.data(), low.size());
}

std::int64_t microseconds(TimePoint time) {
  return time.time_since_epoch().count();
}

// Up to the value: what tells it from every other entry.
std::string head_of(const Entry& entry) {
  return (entry.value ? "V" : "N") + std::to_string(entry.version) + " " +
         std::to_string(microseconds(entry.fresh_until)) + " ";
}

std::string to_text(const Entry& entry) {
  std::string text =
      head_of(entry) + std::to_string(microseconds(entry.kept_until)) + " " + std::to_string(entry.load_time.count());
  if (entry.value) text.append(" ").append(*entry.value);
  return text;
}

template <class Integer>
bool take(std::string_view& text, Integer& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return true;
}

std::optional<Entry> to_entry(std::string_view text) {
  const bool has_value = text.starts_with('V');
  text.remove_prefix(1);
  Entry entry;
  std::int64_t fresh = 0;
  std::int64_t kept = 0;
  std::int64_t load = 0;
  if (!take(text, entry.version) || !take(text, fresh) || !take(text, kept) || !take(text, load)) return std::nullopt;
  entry.fresh_until = TimePoint{std::chrono::microseconds{fresh}};
  entry.kept_until = TimePoint{std::chrono::microseconds{kept}};
  entry.load_time = std::chrono::microseconds{load};
  if (has_value) entry.value = std::string(text);
  return entry;
}

Lookup to_lookup(std::string_view held) {
  Lookup lookup;
  if (held.empty()) return lookup;
  if (held[0] == 'V' || held[0] == 'N') {
    lookup.entry = to_entry(held);
    if (lookup.entry) lookup.ticket = head_of(*lookup.entry);
  } else if (held[0] == 'S') {
    const auto blank = std::min(held.find(' ') + 1, held.size());
    lookup.ticket = held.substr(0, blank);
    held.remove_prefix(blank);
    take(held, lookup.floor);
  } else if (held[0] == 'M') {
    lookup.ticket = held;
    held.remove_prefix(1);
    take(held, lookup.floor);
  }
  return lookup;
}

template <class... Strings>
std::vector<std::string_view> words(const Strings&... strings) {
  return {std::string_view(strings)...};
}

std::string milliseconds(common::Duration time) {
  return std::to_string(std::chrono::ceil<std::chrono::milliseconds>(time).count());
}

Lookup not_there() {
  Lookup lookup;
  lookup.away = true;
  return lookup;
}

}  // namespace

std::string CacheRedis::ticket_of(const Entry& entry) {
  return head_of(entry);
}

Task<Lookup> CacheRedis::get(std::string key, Guard guard) {
  const auto generation = server_.generation();
  if (!generation || !generation->settled) co_return not_there();
  const std::string name = generation->prefix + key;
  auto held = co_await server_.command("GET", name);
  if (held.has_value() && held->is_nil() && guard == Guard::stamp) {
    const std::string stamp = fresh_stamp();
    const std::string life = milliseconds(stamp_life);
    auto keys = words(name);
    auto arguments = words(stamp, life);
    held = co_await server_.run(stamp_or_held, std::move(keys), std::move(arguments));
  }
  if (held.has_error() || !server_.is_current(*generation)) co_return not_there();
  co_return to_lookup(held->is_text() ? std::string_view(held->text) : std::string_view());
}

Task<bool> CacheRedis::put(std::string key, Entry entry, Guard guard, std::string ticket, std::string fence) {
  const auto generation = server_.generation();
  if (!generation || !generation->settled) co_return false;
  const auto life = entry.kept_until - std::chrono::floor<std::chrono::milliseconds>(server_.now());
  if (life <= std::chrono::milliseconds{1}) co_return false;
  const std::string name = generation->prefix + key;
  const std::string time = milliseconds(std::min<common::Duration>(life, std::chrono::hours{24 * 365}));
  const std::string text = to_text(entry);
  if (guard == Guard::none && fence.empty()) {
    const auto reply = co_await server_.command("SET", name, text, "PX", time);
    co_return reply.has_value();
  }
  const std::string version = std::to_string(entry.version);
  const std::string lock = lock_name(name);
  auto keys = words(name, lock);
  auto arguments = words(to_string(guard), ticket, version, text, time, fence);
  const auto reply = co_await server_.run(guarded_put, std::move(keys), std::move(arguments));
  co_return reply.has_value() && reply->integer == 1 && server_.is_current(*generation);
}

Task<bool> CacheRedis::invalidate(std::string key, Guard guard, std::uint64_t version) {
  const auto began = server_.monotonic();
  for (;;) {
    const bool done = co_await try_invalidate(key, guard, version);
    if (done || guard == Guard::none) co_return done;
    if (server_.failing_for(patience) || server_.monotonic() - began > patience) co_return false;
    co_await common::sleep_for(std::chrono::milliseconds{10});
  }
}

// Not while the generation changes under it: what it did was then done to names that nobody asks for any more.
Task<bool> CacheRedis::try_invalidate(std::string_view key, Guard guard, std::uint64_t version) {
  const auto generation = server_.generation();
  if (!generation) co_return false;
  const std::string name = generation->prefix + std::string(key);
  const std::string number = std::to_string(version);
  const std::string stamp = fresh_stamp();
  const std::string life = milliseconds(guard == Guard::stamp ? stamp_life : marker_life);
  const std::string message = number + " " + std::string(key);
  auto keys = words(name);
  auto arguments = words(to_string(guard), number, stamp, life, channel_, message);
  const auto reply = co_await server_.run(invalidation, std::move(keys), std::move(arguments));
  co_return reply.has_value() && server_.is_current(*generation);
}

}  // namespace cache_aside
