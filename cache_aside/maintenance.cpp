#include "cache_aside/maintenance.h"

#include <algorithm>

#include "cache_aside/keys.h"
#include "common/log.h"

namespace cache_aside {

using common::Task;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t rows_max = 500;
constexpr std::chrono::seconds settled_kept_for{60};
constexpr std::chrono::seconds transaction_max{10};  // longer than any transaction lasts

}  // namespace

void Maintenance::start(common::Runtime& runtime, common::Metrics& metrics) {
  metrics.counter_of("invalidations_replayed_total", "invalidations done on behalf of who died or was not heard",
                     [this] { return static_cast<double>(replayed_.load(std::memory_order_relaxed)); });
  const auto begin = [&](const char* name, common::Duration every, std::function<Task<>()> action) {
    common::spawn(runtime.executor(), name, repeat(every, std::move(action)));
  };
  begin("replay", 250ms, [this]() -> Task<> { co_await replay_once(); });
  begin("forget", 10s, [this]() -> Task<> {
    const auto before = parts_.clock.now() - settled_kept_for;
    co_await parts_.gate.maintain([&] { return parts_.log.forget(before); });
  });
  begin("warm feeds", options_.warm_every, [this]() -> Task<> { co_await parts_.feed.warm(); });
  if (options_.hears_by_log) begin("changes", changes_every, [this] { return hear_once(); });
  begin("write queue", parts_.policy.queues() ? common::Duration{100ms} : common::Duration{10s},
        [this] { return work_off_queue(); });
}

Task<> Maintenance::repeat(common::Duration every, std::function<Task<>()> action) {
  for (;;) {
    try {
      co_await action();
    } catch (const std::exception& error) {
      common::log::error("housekeeping failed", {{"reason", error.what()}});
    }
    co_await common::sleep_for(every);
  }
}

Task<std::size_t> Maintenance::replay_once() {
  const CarryOut each = [this](Invalidation invalidation) { return carry_out(std::move(invalidation)); };
  parts_.gate.count_maintenance();
  const std::size_t done = co_await replay(parts_.log, parts_.clock.now() - replay_after, rows_max, each);
  replayed_.fetch_add(done, std::memory_order_relaxed);
  co_return done;
}

// A post of version 1 also owes its fan-out; following:ID concerns two lists.
Task<bool> Maintenance::carry_out(Invalidation invalidation) {
  if (const auto user = id_of(invalidation.key, following_prefix))
    co_return co_await parts_.feed.followees_changed(*user);
  const std::string key = invalidation.key;
  const bool certain = co_await parts_.cache.invalidate(key, parts_.policy.guard(), invalidation.version);
  const auto post_id = id_of(invalidation.key, post_prefix);
  if (!certain || !post_id || invalidation.version != 1 || parts_.feed.has_delivered(*post_id)) co_return certain;
  const auto post = co_await parts_.gate.maintain([&] { return parts_.posts.find(*post_id, 0); });
  if (post.has_error()) co_return false;
  if (!*post) co_return true;
  co_return co_await parts_.feed.deliver(*post_id, (*post)->author, 0);
}

// Where a smaller id may appear after a greater one, rows are read again from where the youngest is older than any
// transaction, and what was heard before is left out.
Task<> Maintenance::hear_once() {
  const bool in_order = parts_.log.in_order();
  const auto old =
      co_await parts_.gate.maintain([&] { return parts_.log.last_before(parts_.clock.now() - transaction_max); });
  if (old.has_error()) co_return;
  std::uint64_t last = horizon_;
  for (bool more = true; more;) {
    const auto rows = co_await parts_.gate.maintain([&] { return parts_.log.since(last, rows_max); });
    if (rows.has_error()) co_return;
    for (const Invalidation& each : *rows) {
      last = each.id;
      if (!heard_.insert(each.id).second || !listening_) continue;
      (void)co_await carry_out(each);
    }
    more = rows->size() == rows_max;
  }
  listening_ = true;
  horizon_ = std::max(horizon_, in_order ? last : *old);
  heard_.erase(heard_.begin(), heard_.upper_bound(horizon_));
}

Task<> Maintenance::work_off_queue() {
  for (;;) {
    const auto made = co_await parts_.gate.maintain([&] { return parts_.users.work_off(rows_max); });
    if (made.has_error() || *made < rows_max) co_return;
  }
}

}  // namespace cache_aside
