#include "cache_aside/maintenance.h"

#include <algorithm>

#include "cache_aside/keys.h"
#include "common/log.h"

namespace cache_aside {

using common::Task;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t rows_max = 500;
constexpr std::size_t forget_max = 5000;
constexpr std::size_t owed_max = 10'000;
constexpr std::chrono::seconds transaction_max{10};  // longer than any transaction lasts

// A new post, which also owes its fan-out.
std::optional<std::uint64_t> new_post(const Invalidation& invalidation) {
  return invalidation.version == 1 ? id_of(invalidation.key, post_prefix) : std::nullopt;
}

}  // namespace

Maintenance::Maintenance(Parts parts, Options options) : parts_(parts), options_(std::move(options)) {
  if (options_.hears_by_log) options_.lost();
}

void Maintenance::start(common::Runtime& runtime, common::Metrics& metrics) {
  metrics.counter_of(
      "invalidations_replayed_total", "invalidations done on behalf of who died or was not heard", [this] {
        return static_cast<double>(replayed_.load(std::memory_order_relaxed) + parts_.feed.deliveries().replayed());
      });
  metrics.gauge_of("deliveries_under_way", "posts on their way to their readers' feeds, or in line",
                   [this] { return static_cast<double>(parts_.feed.deliveries().size()); });
  const auto begin = [&](const char* name, common::Duration every, std::function<Task<>()> action) {
    common::spawn(runtime.executor(), name, repeat(every, std::move(action)));
  };
  begin("replay", 250ms, [this]() -> Task<> { co_await replay_once(); });
  begin("claims", replay_after / 3, [this] { return keep_claims(); });
  begin("forget", 10s, [this] { return forget_once(); });
  begin("warm feeds", options_.warm_every, [this]() -> Task<> { co_await parts_.feed.warm(); });
  if (options_.hears_by_log) {
    begin("changes", changes_every, [this] { return hear_once(); });
    begin("watch", changes_every, [this]() -> Task<> {
      watch();
      co_return;
    });
  }
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

// ---- what is not settled ----

// Rows of posts that are on their way from here do not count: they would fill a round.
Task<std::size_t> Maintenance::replay_once() {
  const CarryOut each = [this](Invalidation invalidation) { return carry_out(std::move(invalidation), true); };
  for (std::size_t all = 0;;) {
    parts_.gate.count_maintenance();
    const std::size_t limit = rows_max + parts_.feed.deliveries().size();
    const std::size_t done = co_await replay(parts_.log, parts_.clock.now() - replay_after, limit, each);
    replayed_.fetch_add(done, std::memory_order_relaxed);
    all += done;
    if (done < rows_max / 2) co_return all;
  }
}

Task<bool> Maintenance::carry_out(Invalidation invalidation, bool replayed) {
  const auto post = new_post(invalidation);
  const std::uint64_t note = replayed ? invalidation.id : 0;
  const bool told = co_await tell(std::move(invalidation));
  if (!told || !post) co_return told;
  co_return co_await fan_out(*post, note);
}

// following:ID concerns two lists.
Task<bool> Maintenance::tell(Invalidation invalidation) {
  if (const auto user = id_of(invalidation.key, following_prefix)) {
    if (parts_.feed.has_told(invalidation.id)) co_return true;
    co_return co_await parts_.feed.followees_changed(*user);
  }
  co_return co_await parts_.cache.invalidate(std::move(invalidation.key), parts_.policy.guard(), invalidation.version);
}

// Whether it has been done; if not, it is under way now, unless its author cannot be found out. `note`: 0 when it is to
// be done for this process alone.
Task<bool> Maintenance::fan_out(std::uint64_t post_id, std::uint64_t note) {
  Deliveries& deliveries = parts_.feed.deliveries();
  if (deliveries.has_done(post_id)) co_return true;
  if (deliveries.has_begun(post_id)) co_return false;
  const auto post = co_await parts_.gate.maintain([&] { return parts_.posts.find(post_id, unknown_floor); });
  if (post.has_error()) co_return false;
  if (!*post) co_return true;
  deliveries.begin(co_await common::asio::this_coro::executor, {post_id, (*post)->author, note, note != 0});
  co_return false;
}

// What takes longer than replay_after would be replayed by every other process, too.
Task<> Maintenance::keep_claims() {
  const auto notes = parts_.feed.deliveries().notes();
  if (notes.empty()) co_return;
  co_await parts_.gate.maintain([&] { return parts_.log.postpone(notes, parts_.clock.now()); });
}

Task<> Maintenance::forget_once() {
  for (;;) {
    const auto before = parts_.clock.now() - settled_kept_for;
    const auto forgotten = co_await parts_.gate.maintain([&] { return parts_.log.forget(before, forget_max); });
    if (forgotten.has_error() || *forgotten < forget_max) co_return;
  }
}

// ---- what others have changed ----

void Maintenance::watch() {
  if (lost_ || parts_.clock.monotonic() - heard_at_ <= heard_within) return;
  lost_ = true;
  common::log::warn("the change log has not been read for too long: what is cached here is forgotten");
  options_.lost();
}

// While the log is lost nothing is cached, so what is in it needs no carrying out: it is read to its end.
Task<> Maintenance::hear_once() {
  watch();
  const auto began = parts_.clock.monotonic();
  std::uint64_t last = horizon_;
  for (bool more = true; more;) {
    const auto rows = co_await parts_.gate.maintain([&] { return parts_.log.since(last, rows_max); });
    if (rows.has_error()) co_return;
    for (const Invalidation& each : *rows) {
      last = each.id;
      if (heard_.contains(each.id)) continue;
      if (!lost_) {
        const bool done = co_await hear(each);
        if (!done) owed_.push_back(each);
      }
      heard_.insert(each.id);
    }
    more = rows->size() == rows_max;
  }
  if (lost_ || owed_.size() > owed_max) {
    owed_.clear();
    lost_ = false;
    options_.found();
  }
  heard_at_ = began;
  advance(began, last);
  co_await carry_out_owed();
}

// What needs no database; a fan-out comes after all that is told.
Task<bool> Maintenance::hear(Invalidation invalidation) {
  const bool posted = new_post(invalidation).has_value();
  const bool told = co_await tell(std::move(invalidation));
  co_return told && !posted;
}

Task<> Maintenance::carry_out_owed() {
  std::vector<Invalidation> uncertain;
  for (const Invalidation& each : owed_) {
    const auto post = new_post(each);
    bool certain = false;
    if (!post || !parts_.feed.deliveries().has_begun(*post)) certain = co_await carry_out(each, false);
    if (!certain) uncertain.push_back(each);
  }
  owed_ = std::move(uncertain);
}

// Where a smaller id may appear after a greater one, it does so within a transaction's time of when the greater one was
// seen: until then rows are read again, and what was heard before is left out.
void Maintenance::advance(common::Instant began, std::uint64_t last) {
  if (parts_.log.in_order()) {
    horizon_ = last;
  } else {
    marks_.push_back({parts_.clock.monotonic(), last});
    while (!marks_.empty() && marks_.front().seen + transaction_max <= began) {
      horizon_ = std::max(horizon_, marks_.front().last);
      marks_.pop_front();
    }
  }
  heard_.erase(heard_.begin(), heard_.upper_bound(horizon_));
}

Task<> Maintenance::work_off_queue() {
  for (;;) {
    const auto made = co_await parts_.gate.maintain([&] { return parts_.users.work_off(rows_max); });
    if (made.has_error() || *made < rows_max) co_return;
  }
}

}  // namespace cache_aside
