// In which order a change reaches the database and the cache. One file each, nothing but sequencing over two
// interfaces: Write (the database's side of one change) and Cache.
//
//   delete_before_commit   delete ▸ commit            a reader between the two brings the old value back
//   delete_after_commit    commit ▸ delete            a reader who loaded before the commit may put after the delete
//   double_delete          delete ▸ commit ▸ … delete  the same, unless the late delete comes late enough
//   write_through          commit ▸ put               the same; two writers may also put in the wrong order
//   write_behind           queue ▸ put ▸ … commit      the same; and what was evicted is read old from the database
//   lease                  commit+row ▸ void ▸ settle  stamps: loads from before the void are refused
//   versioned              commit+row ▸ mark ▸ settle  compare-and-set: what is older is refused
//
// tests/cache_aside/interleaver_test.cpp runs each under every schedule of two readers and a writer, and counts. A
// policy also says how reads must be guarded, since a write alone cannot close the race.
//
// Thread-safe, without state.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cache_aside/cache.h"
#include "cache_aside/invalidation_log.h"
#include "common/result.h"
#include "common/runtime/task.h"

namespace cache_aside {

// What became of a change in the database.
struct Written {
  bool changed = false;              // false: refused (no such row, another version); nothing has happened
  std::uint64_t version = 0;         // the row's new one
  std::optional<std::string> value;  // the row as it is now; none: it is gone
  std::uint64_t note = 0;            // its row in the invalidation log; 0: none
};

// One change of one row, as a policy sees it.
class Write {
 public:
  virtual ~Write() = default;
  virtual const std::string& key() const noexcept = 0;
  // Makes it, in one transaction; `noted`: together with its row in the invalidation log.
  virtual common::Task<common::Result<Written>> commit(bool noted) = 0;
  // Puts it into the durable queue of changes to be made.
  virtual common::Task<common::Result<Written>> enqueue() = 0;
};

// Runs `task` after the answer has been given, no earlier than `delay` from now.
using Later = std::function<void(common::Duration delay, common::Task<> task)>;

class WritePolicy {
 public:
  struct Parts {
    Cache& cache;
    InvalidationLog& log;
    Later later;
    // A fresh entry, for policies that put what they wrote.
    std::function<Entry(const std::string& key, const Written&)> entry_of;
    std::function<void()> count_query = [] {};  // each query of the log, which is housekeeping
  };

  explicit WritePolicy(Parts parts) : parts_(std::move(parts)) {}
  virtual ~WritePolicy() = default;

  // How every look-up and put must be guarded with this policy.
  virtual Guard guard() const noexcept { return Guard::none; }
  // Whether changes go through Write::enqueue().
  virtual bool queues() const noexcept { return false; }

  // Answers when the change is acknowledged. `write` lives until then.
  virtual common::Task<common::Result<Written>> write(Write& write) = 0;

  // After a row has been created, since its absence may be cached. `note`: its row in the log, settled then; 0: none.
  common::Task<> created(std::string key, std::uint64_t version, std::uint64_t note);

 protected:
  Cache& cache() noexcept { return parts_.cache; }
  const Parts& parts() const noexcept { return parts_; }

  // The old value may be wrong now: something was changed, or nobody knows.
  static bool may_have_changed(const common::Result<Written>& written) noexcept {
    return written.has_error() ? !is_retryable(written.error().kind) : written->changed;
  }
  static std::uint64_t version_of(const common::Result<Written>& written) noexcept {
    return written.has_error() ? 0 : written->version;
  }

  // What lease and versioned share: commit with a note, invalidate, and settle the note once that is certain.
  common::Task<common::Result<Written>> commit_and_invalidate(Write& write);

 private:
  common::Task<> invalidate_and_settle(std::string key, std::uint64_t version, std::uint64_t note);
  Parts parts_;
};

}  // namespace cache_aside
