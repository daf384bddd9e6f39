#include "cache_aside/cache_aside.h"

#include <algorithm>
#include <array>

#include "cache_aside/keys.h"

namespace cache_aside {

using common::Duration;
using common::Result;
using common::Task;

common::Error as_read(common::Error error) {
  if (error.kind == common::Failure::unknown_outcome) error.kind = common::Failure::unavailable;
  return error;
}

std::string_view to_string(Source source) noexcept {
  constexpr std::array<std::string_view, CacheMetrics::sources> names = {"hit",       "miss",     "stale",
                                                                         "coalesced", "negative", "bypass"};
  return names[static_cast<std::size_t>(source)];
}

Task<Result<Read>> CacheAside::read(std::string key, Duration ttl, Load load, std::optional<double> chance) {
  Lookup lookup = co_await cache_.get(key, guard_of(key));
  const auto answer = [&](Entry entry, Source source) {
    metrics_.read(static_cast<std::size_t>(source));
    return Result<Read>(Read{std::move(entry), source});
  };
  if (lookup.entry) {
    const auto now = clock_.now();
    const auto verdict = stampede_.judge(*lookup.entry, now, chance ? *chance : throw_chance(common::thread_random()));
    Entry found = *lookup.entry;
    if (verdict == Stampede::Verdict::use) {
      co_return answer(std::move(found), found.value ? Source::hit : Source::negative);
    }
    if (verdict == Stampede::Verdict::use_and_refresh) {
      metrics_.served_stale(now - found.fresh_until);
      stampede_.refresh(co_await common::asio::this_coro::executor,
                        miss_of(key, ttl, std::move(lookup), std::move(load)));
      co_return answer(std::move(found), Source::stale);
    }
  }
  const bool bypassed = options_.bypass || lookup.away;
  auto loaded = co_await stampede_.load(miss_of(key, ttl, std::move(lookup), std::move(load)));
  if (loaded.has_error()) co_return loaded.error();
  const Source source = loaded->coalesced ? Source::coalesced : bypassed ? Source::bypass : Source::miss;
  co_return answer(std::move(loaded->entry), source);
}

std::optional<Read> CacheAside::read_now(std::string_view key, double chance) {
  auto entry = cache_.peek(key);
  if (!entry || stampede_.judge(*entry, clock_.now(), chance) != Stampede::Verdict::use) return std::nullopt;
  const Source source = entry->value ? Source::hit : Source::negative;
  metrics_.read(static_cast<std::size_t>(source));
  return Read{std::move(*entry), source};
}

Read CacheAside::absent() const {
  const Read nothing{{}, options_.bypass ? Source::bypass : Source::miss};
  metrics_.read(static_cast<std::size_t>(nothing.source));
  return nothing;
}

// Versions protect only what has them.
Guard CacheAside::guard_of(std::string_view key) const noexcept {
  return guard_ == Guard::version && !is_versioned(key) ? Guard::stamp : guard_;
}

Task<bool> CacheAside::forget(std::string key) {
  const Guard guard = guard_of(key);
  co_return co_await cache_.invalidate(std::move(key), guard, 0);
}

Miss CacheAside::miss_of(const std::string& key, Duration ttl, Lookup lookup, Load load) {
  Miss miss{key, lookup, nullptr};
  miss.fetch = [this, key, ttl, lookup = std::move(lookup), load = std::move(load)](std::string fence) {
    return fetch(key, ttl, lookup, load, std::move(fence));
  };
  return miss;
}

Task<Result<Entry>> CacheAside::fetch(std::string key, Duration ttl, Lookup lookup, Load load, std::string fence) {
  const auto began = clock_.monotonic();
  // What is to be replaced is a floor too: a replica must not bring back what is older.
  const std::uint64_t floor = std::max(lookup.floor, lookup.entry ? lookup.entry->version : 0);
  const bool knows = options_.bypass || !lookup.away;  // what was written lately
  auto row = co_await load(knows ? floor : unknown_floor);
  if (row.has_error()) co_return as_read(row.error());
  const Duration time = clock_.monotonic() - began;
  metrics_.loaded(time);
  Entry entry = entry_of(std::move(*row), floor, ttl, time, common::thread_random());
  if (options_.bypass || lookup.away || (!entry.value && options_.negative_ttl.count() == 0)) co_return entry;
  const Guard guard = guard_of(key);
  const bool kept = co_await cache_.put(std::move(key), entry, guard, std::move(lookup.ticket), std::move(fence));
  if (!kept) metrics_.refused();
  co_return entry;
}

Entry CacheAside::entry_of(std::optional<Row> row, std::uint64_t floor, Duration ttl, Duration load_time,
                           common::Random& random) const {
  using std::chrono::microseconds;
  Entry entry;
  entry.version = row ? row->version : floor;
  if (row) entry.value = std::move(row->value);
  entry.load_time = std::chrono::ceil<microseconds>(load_time);
  entry.fresh_until = entry.kept_until = never;
  if (ttl == Duration::max()) return entry;
  const Duration whole = entry.value ? ttl : std::min(ttl, options_.negative_ttl);
  const double share = 1.0 - random.unit() * options_.jitter_percent / 100.0;
  const auto kept = microseconds(
      static_cast<std::int64_t>(share * static_cast<double>(std::chrono::duration_cast<microseconds>(whole).count())));
  entry.fresh_until = clock_.now() + kept;
  entry.kept_until = entry.fresh_until;
  if (entry.value) entry.kept_until += std::chrono::duration_cast<microseconds>(stampede_.stale_for());
  return entry;
}

}  // namespace cache_aside
