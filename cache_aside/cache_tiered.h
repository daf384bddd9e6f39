// Two tiers: this process's own cache before the one that all share.
//
// The local tier is told of every invalidation, its own process's at once and others' over Redis' pub/sub, which the
// invalidation's own script publishes to (invalidation_channel_redis.h). The order is what keeps an old value out of
// it:
//
//   1. A look-up takes the local ticket before it asks the shared cache. What an invalidation that arrives in between
//      has made old is then refused by the local tier.
//   2. The shared cache is invalidated before the local one, and before the message is sent: whoever hears of it finds
//      the shared cache clean.
//   3. What the shared cache refuses is not kept locally.
//   4. Another process's invalidation is seen here within seen_within (invalidation_channel_redis.h): the message's
//      way, or as long as it takes to notice that the channel is lost. While it is lost the local tier is empty and
//      keeps nothing. Where the shared cache takes no writes no message is sent: the local tier is not asked then.
//      A put sends no message: what write_through and write_behind put is seen here when the local value expires.

#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "cache_aside/cache.h"

namespace cache_aside {

class CacheTiered final : public Cache {
 public:
  // `local` as cache_local.h, `shared` as cache_redis.h; both outlive this. `ticket_of`: the ticket that `shared` gives
  // with an entry. `is_sound`: whether invalidations reach the shared cache; none: always.
  CacheTiered(Cache& local, Cache& shared, std::string (*ticket_of)(const Entry&), const common::Clock& clock,
              std::function<bool()> is_sound = nullptr)
      : local_(local), shared_(shared), ticket_of_(ticket_of), clock_(clock), is_sound_(std::move(is_sound)) {}

  common::Task<Lookup> get(std::string key, Guard guard) override {
    Lookup local = co_await local_.get(key, guard);
    if (local.entry && is_sound() && clock_.now() < local.entry->fresh_until) {
      local.ticket += '\n' + ticket_of_(*local.entry);
      co_return local;
    }
    Lookup shared = co_await shared_.get(key, guard);
    shared.floor = std::max(shared.floor, local.floor);
    if (shared.entry && clock_.now() < shared.entry->fresh_until) {
      co_await local_.put(key, *shared.entry, guard, local.ticket, "");
    }
    shared.ticket = local.ticket + '\n' + shared.ticket;
    co_return shared;
  }

  common::Task<bool> put(std::string key, Entry entry, Guard guard, std::string ticket, std::string fence) override {
    const auto line = std::min(ticket.find('\n'), ticket.size());
    const std::string shared_ticket = line < ticket.size() ? ticket.substr(line + 1) : "";
    const bool kept = co_await shared_.put(key, entry, guard, shared_ticket, fence);
    if (!kept) co_return false;
    co_await local_.put(key, std::move(entry), guard, ticket.substr(0, line), "");
    co_return true;
  }

  common::Task<bool> invalidate(std::string key, Guard guard, std::uint64_t version) override {
    const bool certain = co_await shared_.invalidate(key, guard, version);
    co_await local_.invalidate(key, guard, version);
    co_return certain;
  }

  std::optional<Entry> peek(std::string_view key) override {
    if (!is_sound()) return std::nullopt;
    return local_.peek(key);
  }

 private:
  bool is_sound() const { return !is_sound_ || is_sound_(); }

  Cache& local_;
  Cache& shared_;
  std::string (*const ticket_of_)(const Entry&);
  const common::Clock& clock_;
  const std::function<bool()> is_sound_;
};

}  // namespace cache_aside
