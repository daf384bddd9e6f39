// What goes on in the background: the invalidation log replayed and tidied, the write-behind queue worked off, other
// processes' changes heard, feeds warmed.
//
//   1. A row that nobody has settled for replay_after is replayed: so long an acknowledged change stays unheard of when
//      its process died, or the cache could not be told. A full round is followed by the next at once; a deletion that
//      leaves thousands of rows is done as fast as they are carried out. Posts under way keep their rows from it
//      (keep_claims()).
//   2. Where no Redis carries them (hears_by_log), other processes' changes are read from the log changes_every. What
//      lies only in this process's memory is then at most heard_within old: a process that could not read the log for
//      so long (stopped, cut off, its database away) forgets it, `lost`, and keeps nothing until it has read the log
//      anew, `found`. So it is at the start, too. That is checked changes_every, and after a stop of the whole process
//      in its first milliseconds.
//   3. A row that was heard but could not be carried out stays owed, and is tried again every round.
//
// Every process does all of it; several at once only do it twice. Starts with the runtime and ends with it. What hears
// and watches runs on one thread.

#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <set>
#include <vector>

#include "cache_aside/feed.h"
#include "cache_aside/invalidation_replay.h"
#include "cache_aside/store_gate.h"
#include "cache_aside/user_store.h"
#include "cache_aside/write_policy.h"

namespace cache_aside {

class Maintenance {
 public:
  static constexpr std::chrono::milliseconds replay_after{1000};
  static constexpr std::chrono::milliseconds changes_every{250};
  static constexpr std::chrono::seconds heard_within{5};
  static constexpr std::chrono::seconds settled_kept_for{60};  // in the log, for those who hear by it
  static_assert(settled_kept_for > 2 * heard_within);

  struct Parts {
    Cache& cache;
    WritePolicy& policy;
    InvalidationLog& log;
    UserStore& users;
    PostStore& posts;
    Feed& feed;
    StoreGate& gate;
    const common::Clock& clock;
  };
  struct Options {
    bool hears_by_log = false;  // no Redis: changes of others are read from the log
    std::function<void()> lost = [] {};
    std::function<void()> found = [] {};
    common::Duration warm_every = std::chrono::minutes{1};
  };

  Maintenance(Parts parts, Options options);

  void start(common::Runtime& runtime, common::Metrics& metrics);

  // One round of each.
  common::Task<std::size_t> replay_once();
  common::Task<> keep_claims();
  common::Task<> forget_once();
  common::Task<> hear_once();
  void watch();
  common::Task<> work_off_queue();

 private:
  // Until when a row with a smaller id than `last` may still appear.
  struct Mark {
    common::Instant seen;
    std::uint64_t last;
  };

  common::Task<bool> carry_out(Invalidation invalidation, bool replayed);
  common::Task<bool> tell(Invalidation invalidation);
  common::Task<bool> fan_out(std::uint64_t post, std::uint64_t note);
  common::Task<bool> hear(Invalidation invalidation);
  common::Task<> carry_out_owed();
  void advance(common::Instant began, std::uint64_t last);
  common::Task<> repeat(common::Duration every, std::function<common::Task<>()> action);

  Parts parts_;
  const Options options_;
  std::atomic<std::uint64_t> replayed_{0};

  // Of hearing.
  bool lost_ = true;
  common::Instant heard_at_;        // when the last reading of the log began that came to its end
  std::uint64_t horizon_ = 0;       // all up to this id were heard
  std::set<std::uint64_t> heard_;   // above it
  std::deque<Mark> marks_;          // oldest first
  std::vector<Invalidation> owed_;  // heard, not carried out yet
};

}  // namespace cache_aside
