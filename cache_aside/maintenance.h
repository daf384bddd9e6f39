// What goes on in the background: the invalidation log replayed and tidied, the write-behind queue worked off, other
// processes' changes heard, feeds warmed.
//
// Every process does all of it; several at once only do it twice. Starts with the runtime and ends with it.

#pragma once

#include <atomic>
#include <functional>
#include <set>

#include "cache_aside/feed.h"
#include "cache_aside/invalidation_replay.h"
#include "cache_aside/store_gate.h"
#include "cache_aside/user_store.h"
#include "cache_aside/write_policy.h"

namespace cache_aside {

class Maintenance {
 public:
  // What nobody has settled for so long is replayed: the longest that an acknowledged change stays unheard of when its
  // process died, or the cache could not be told.
  static constexpr std::chrono::milliseconds replay_after{1000};
  // How often other processes' changes are read from the log, where no Redis carries them.
  static constexpr std::chrono::milliseconds changes_every{250};

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
    common::Duration warm_every = std::chrono::minutes{1};
  };

  Maintenance(Parts parts, Options options) : parts_(parts), options_(options) {}

  void start(common::Runtime& runtime, common::Metrics& metrics);

  // One round of each.
  common::Task<std::size_t> replay_once();
  common::Task<> hear_once();
  common::Task<> work_off_queue();

 private:
  common::Task<bool> carry_out(Invalidation invalidation);
  common::Task<> repeat(common::Duration every, std::function<common::Task<>()> action);

  Parts parts_;
  const Options options_;
  std::uint64_t horizon_ = 0;  // all up to this id were heard
  std::set<std::uint64_t> heard_;
  bool listening_ = false;
  std::atomic<std::uint64_t> replayed_{0};
};

}  // namespace cache_aside
