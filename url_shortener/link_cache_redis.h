// The shared cache of redirects: one Redis that all processes ask before the store.
//
// A hit saves the store a query, and a process that has just started finds the links that are hot already. What makes
// it delicate is not reading but forgetting: a process reads a link from the store, another one edits it and drops the
// cached row, and then the first one writes the old row back, to stay. So every entry carries the link's version, which
// rises with each edit, and one script does all writing:
//
//   1. An entry is never replaced by one of a lower version.
//   2. changed() leaves a marker of the new version that says "ask the store". It outlives every read of the store that
//      may be under way, so the old row, whose version is lower, is refused.
//   3. "There is no such code" is an entry of version 0: any link replaces it. It lives for `absent_lifetime`.
//   4. An entry ends `entry_lifetime` after its link was read from the store, by the clock and whenever Redis executes
//      the write: one that lay in the buffer of a frozen Redis revives nothing. For so long an edit may stay unseen by
//      others when its process could not tell Redis; that process itself does not ask Redis until all that might be old
//      has ended. Longer by as much as Redis' clock is behind that of the process.
//   5. Links that count their clicks (max_clicks) are not kept: each of their redirects is the store's to admit.
//   6. Redis slow or gone costs a redirect the client's timeout, five times in a row; then nothing, until a probe in
//      the background finds it back (common/resilience/breaker.h). No failure of Redis is a failure of the redirect.
//
// Keys begin with a digest of the store's own secret, so that two shorteners on one Redis never read each other's
// links. Thread-safe.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/metrics.h"
#include "common/redis/client.h"
#include "common/resilience/breaker.h"
#include "url_shortener/id_source.h"
#include "url_shortener/link_cache.h"

namespace url_shortener {

class LinkCacheRedis final : public LinkCache {
 public:
  static constexpr std::chrono::seconds entry_lifetime{60};
  static constexpr std::chrono::seconds absent_lifetime{5};
  static constexpr std::chrono::seconds marker_lifetime{30};

  // `ids` gives the store's secret. All must outlive this. start() before the first use.
  LinkCacheRedis(common::redis::Client& redis, IdSource& ids, const common::Clock& clock);

  // Probes Redis in the background while it is taken for dead, until the runtime shuts down.
  void start(common::Runtime& runtime, common::Metrics& metrics);

  common::Task<std::optional<Known>> find(std::string code) override;
  common::TimePoint stamp() const override { return clock_.now(); }
  common::Task<void> put(std::string code, std::optional<Link> link, common::TimePoint stamp) override;
  common::Task<void> changed(std::string code, std::optional<std::uint64_t> version) override;

 private:
  common::Task<std::optional<std::string>> key(std::string_view code);
  struct End {
    std::string_view option;  // of SET: PX or PXAT
    std::chrono::milliseconds value;
  };
  static End until(common::TimePoint end);
  common::Task<bool> store(std::string_view code, std::uint64_t version, std::string value, End end);
  template <class Ask>
  common::Task<common::Result<common::redis::Reply>> through_breaker(Ask ask);
  bool trusted() const noexcept { return clock_.monotonic().time_since_epoch().count() >= distrusted_until_; }
  void distrust_for(std::chrono::nanoseconds time);
  common::Task<void> probe_often();

  common::redis::Client& redis_;
  IdSource& ids_;
  const common::Clock& clock_;
  common::Breaker breaker_;
  std::atomic<common::Duration::rep> distrusted_until_{0};  // on the monotonic clock
  std::mutex prefix_mutex_;
  std::string prefix_;  // of all keys; guarded until has_prefix_
  std::atomic<bool> has_prefix_ = false;
  std::atomic<std::uint64_t> hits_ = 0;
  std::atomic<std::uint64_t> misses_ = 0;
  std::atomic<std::uint64_t> failures_ = 0;
};

}  // namespace url_shortener
