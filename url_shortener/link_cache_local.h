// The local cache of redirects: what makes the hot path a look-up instead of a query.
//
// Each thread has its own table, so a look-up takes no lock and shares no written memory. What ties them together are
// two arrays of counters, the epochs: a code hashes to one of each, an entry remembers its epoch's value from before
// its link was read, and whoever changes a link raises the epoch. A look-up that finds another value drops the entry.
// One array is for links, the other for codes that have none: a creation raises that one alone, so what is created
// drops no link from any cache, however much of it there is.
//
// Invariants:
//   1. The epochs are read before the store is, and raised after the store has changed. So an entry made from an old
//      row always carries an old epoch: a load that began before a change cannot outlive it.
//   2. Within this process an edit, delete or create is visible to every look-up that begins after its answer.
//   3. Another process's change is visible within `fresh_for`: an older entry is read again.
//   4. Memory is bounded: each thread holds at most `entries_max` links, in two generations. When the young one has
//      half of them it becomes the old one, and what was old and not asked for since is forgotten.
//
// Links that count their clicks (max_clicks) are never cached: each of their redirects is the store's to admit.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/clock.h"
#include "common/text.h"
#include "url_shortener/link.h"

namespace url_shortener {

// How long another process's edit may stay unseen here: entries older than this are read again.
inline constexpr std::chrono::seconds edits_seen_within{2};

// How long "there is no such code" may be believed: a link that another process creates meanwhile is hidden so long
// from those who asked for it too early.
inline constexpr std::chrono::seconds absence_believed_for{1};

// What a redirect needs of a link, or of a code that has none.
struct CachedLink {
  enum class Kind { redirect, absent, deleted };
  Kind kind = Kind::redirect;
  std::string headers;  // "Location: …\r\n", and Cache-Control when it does not depend on the time
  std::optional<common::TimePoint> expires_at;
  bool max_age_shrinks = false;  // Cache-Control depends on the time left
};

class LinkCacheLocal {
 public:
  // `threads`: of the runtime. `entries_max`: for each of them; 0 switches the cache off, 1 counts as 2.
  LinkCacheLocal(std::size_t threads, std::size_t entries_max, std::chrono::nanoseconds fresh_for);

  // On thread `thread` only; the pointer is good until its next call.
  const CachedLink* find(std::size_t thread, std::string_view code, common::Instant now);

  // To be taken before the store is read, and given to put().
  using Epoch = std::uint32_t;
  struct Stamp {
    Epoch link;
    Epoch absence;
  };
  Stamp stamp(std::string_view code) const noexcept {
    const std::size_t place = place_of(code);
    return {epochs_->links[place].load(std::memory_order_acquire),
            epochs_->absences[place].load(std::memory_order_acquire)};
  }
  void put(std::size_t thread, const std::string& code, CachedLink link, Stamp stamp, common::Instant now);

  // Any thread; after the store has changed: a link was edited or deleted, or one was created.
  void invalidate(std::string_view code) noexcept { raise(epochs_->links[place_of(code)]); }
  void invalidate_absence(std::string_view code) noexcept { raise(epochs_->absences[place_of(code)]); }

 private:
  struct Entry {
    CachedLink link;
    const std::atomic<Epoch>* epoch;  // the code's, of links or of absences
    Epoch stamp;
    common::Instant fresh_until;
  };
  using Table = std::unordered_map<std::string, Entry, common::StringHash, std::equal_to<>>;
  struct alignas(64) Generations {
    Table young;
    Table old;
  };

  static constexpr std::size_t epoch_count = 4096;
  using Epochs = std::array<std::atomic<Epoch>, epoch_count>;
  struct AllEpochs {
    Epochs links{};
    Epochs absences{};
  };
  static std::size_t place_of(std::string_view code) noexcept { return common::StringHash{}(code) % epoch_count; }
  static void raise(std::atomic<Epoch>& epoch) noexcept { epoch.fetch_add(1, std::memory_order_acq_rel); }
  static bool current(const Entry& entry, common::Instant now) noexcept {
    return entry.stamp == entry.epoch->load(std::memory_order_acquire) && now < entry.fresh_until;
  }
  void turn_over(Generations& table);

  std::size_t half_;
  std::chrono::nanoseconds fresh_for_;
  std::vector<Generations> threads_;
  std::unique_ptr<AllEpochs> epochs_;
};

}  // namespace url_shortener
