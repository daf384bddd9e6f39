#include "rate_limiter/limiter_store_memory.h"

#include <algorithm>
#include <stdexcept>

namespace rate_limiter {
namespace {

// How much is lost with a key: the lower, the sooner it is forgotten. Above, the share of the burst that was used when
// it was last admitted, in 255ths; below, the instant from which on it is as good as new. One number, so that comparing
// is, and an entry has 48 bytes.
class Rank {
 public:
  Rank() = default;
  Rank(const RuleLimit& of, const Decision& admitted, Ticks now) noexcept {
    const auto used = static_cast<float>(of.limit.burst - admitted.remaining) * of.rank_of_one;
    bits_ = static_cast<std::uint64_t>(used + 0.5F) << time_bits |
            (static_cast<std::uint64_t>(now + admitted.reset_after) & time_mask);
  }
  Ticks fresh_at() const noexcept { return static_cast<Ticks>(bits_ & time_mask); }
  bool operator<(const Rank& other) const noexcept { return bits_ < other.bits_; }

 private:
  static constexpr int time_bits = 56;  // microseconds until the year 4253
  static constexpr std::uint64_t time_mask = (std::uint64_t{1} << time_bits) - 1;
  std::uint64_t bits_ = 0;
};

struct Entry {
  KeyHash hash;  // all zeros: empty
  FixedState state;
  Rank rank;

  bool empty() const noexcept { return hash == KeyHash{}; }
};
static_assert(sizeof(Entry) == 48);

struct LogEntry {
  Log log;
  Rank rank;
};

constexpr std::size_t looked_at = 32;  // for one to forget
constexpr std::size_t slots_begin = 16;
constexpr std::size_t log_overhead = 96;  // bytes of a node and its place in the map, about

struct HashOfKeyHash {
  std::size_t operator()(const KeyHash& hash) const noexcept { return hash.low; }
};

std::size_t log_bytes(const Log& log) {
  return log_overhead + log.capacity() * sizeof(Log::value_type);
}

}  // namespace

class alignas(64) LimiterStoreMemory::Shard {
 public:
  void set_max(std::size_t keys) {
    keys_max_ = keys;
    slots_max_ = keys + std::max<std::size_t>(1, keys / 3);
  }

  std::mutex& mutex() const noexcept { return mutex_; }

  // All below under the mutex.

  Entry* find(const KeyHash& hash) noexcept {
    if (slots_.empty()) return nullptr;
    for (std::size_t i = home(hash);; i = next(i)) {
      if (slots_[i].hash == hash) return &slots_[i];
      if (slots_[i].empty()) return nullptr;
    }
  }

  void put(const KeyHash& hash, const FixedState& state, Rank rank, Ticks now) {
    if (Entry* known = find(hash)) {
      known->state = state;
      known->rank = rank;
      return;
    }
    forget_idle(now);
    if (keys_ >= keys_max_) make_room(now);
    if (keys_ + 1 > slots_.size() - slots_.size() / 4 && slots_.size() < slots_max_) grow();
    std::size_t i = home(hash);
    while (!slots_[i].empty())
      i = next(i);
    slots_[i] = {hash, state, rank};
    ++keys_;
  }

  bool erase(const KeyHash& hash) {
    Entry* const found = find(hash);
    if (found) remove_at(static_cast<std::size_t>(found - slots_.data()));
    return found || erase_log(hash);
  }

  LogEntry* find_log(const KeyHash& hash) {
    const auto found = logs_.find(hash);
    return found == logs_.end() ? nullptr : &found->second;
  }

  void put_log(const KeyHash& hash, Log log, Rank rank, Ticks now) {
    erase_log(hash);
    forget_an_idle_log(now);
    log_bytes_ += log_bytes(log);
    logs_.emplace(hash, LogEntry{std::move(log), rank});
    bound_logs(hash, now);
  }
  // After a log that is here has changed.
  void changed_log(const KeyHash& hash, std::size_t bytes_before, std::size_t bytes, Ticks now) {
    log_bytes_ += bytes - bytes_before;
    bound_logs(hash, now);
  }
  bool erase_log(const KeyHash& hash) {
    const auto found = logs_.find(hash);
    if (found == logs_.end()) return false;
    log_bytes_ -= log_bytes(found->second.log);
    logs_.erase(found);
    return true;
  }

  void add_to(Counts& counts) const {
    counts.keys += keys_ + logs_.size();
    counts.bytes += slots_.capacity() * sizeof(Entry) + log_bytes_;
    counts.forgotten_early += forgotten_early_;
  }

 private:
  std::size_t home(const KeyHash& hash) const noexcept {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>((Wide{hash.low} * slots_.size()) >> 64);
  }
  std::size_t next(std::size_t i) const noexcept { return i + 1 == slots_.size() ? 0 : i + 1; }

  void grow() {
    std::vector<Entry> old(std::min(slots_max_, std::max(slots_begin, slots_.size() + slots_.size() / 4)));
    old.swap(slots_);
    for (const Entry& entry : old) {
      if (entry.empty()) continue;
      std::size_t i = home(entry.hash);
      while (!slots_[i].empty())
        i = next(i);
      slots_[i] = entry;
    }
  }

  // Backward shift: what had to step over this place may move back.
  void remove_at(std::size_t gap) {
    const std::size_t size = slots_.size();
    for (std::size_t i = next(gap); !slots_[i].empty(); i = next(i)) {
      const std::size_t distance_to_home = (i + size - home(slots_[i].hash)) % size;
      const std::size_t distance_to_gap = (i + size - gap) % size;
      if (distance_to_home < distance_to_gap) continue;
      slots_[gap] = slots_[i];
      gap = i;
    }
    slots_[gap] = Entry{};
    --keys_;
  }

  // Each new key looks at two others, so that those whose time has come do not stay for ever.
  void forget_idle(Ticks now) {
    for (int looks = 0; looks < 2 && !slots_.empty(); ++looks) {
      hand_ = next(hand_);
      if (!slots_[hand_].empty() && slots_[hand_].rank.fresh_at() <= now) remove_at(hand_);
    }
  }

  void make_room(Ticks now) {
    const Entry* least = nullptr;
    for (std::size_t looks = 0; looks < looked_at; hand_ = next(hand_)) {
      const Entry& entry = slots_[hand_];
      if (entry.empty()) continue;
      ++looks;
      const bool over = entry.rank.fresh_at() <= now;
      if (over || !least || entry.rank < least->rank) least = &entry;
      if (over) break;
    }
    if (least->rank.fresh_at() > now) ++forgotten_early_;
    remove_at(static_cast<std::size_t>(least - slots_.data()));
  }

  void bound_logs(const KeyHash& keep, Ticks now) {
    while (log_bytes_ > keys_max_ * 64 && logs_.size() > 1)
      forget_a_log(keep, now);
  }

  void forget_an_idle_log(Ticks now) {
    log_hand_ = (log_hand_ + 1) % logs_.bucket_count();
    for (auto each = logs_.begin(log_hand_); each != logs_.end(log_hand_); ++each) {
      if (each->second.rank.fresh_at() > now) continue;
      erase_log(KeyHash{each->first});
      return;
    }
  }

  // From the hand on, bucket by bucket, as make_room() does.
  void forget_a_log(const KeyHash& keep, Ticks now) {
    const KeyHash* least = nullptr;
    Rank rank;
    std::size_t looks = 0;
    for (std::size_t step = 0; step < logs_.bucket_count() && looks < looked_at; ++step) {
      log_hand_ = (log_hand_ + 1) % logs_.bucket_count();
      for (auto each = logs_.begin(log_hand_); each != logs_.end(log_hand_); ++each, ++looks) {
        if (each->first == keep) continue;
        // Without a use for it: the lowest rank there can be.
        const Rank own = each->second.rank.fresh_at() <= now ? Rank() : each->second.rank;
        if (least && !(own < rank)) continue;
        least = &each->first;
        rank = own;
      }
    }
    if (rank.fresh_at() > now) ++forgotten_early_;
    erase_log(KeyHash{*least});
  }

  mutable std::mutex mutex_;
  std::vector<Entry> slots_;
  std::size_t keys_ = 0;
  std::size_t keys_max_ = 0;
  std::size_t slots_max_ = 0;
  std::size_t hand_ = 0;
  std::unordered_map<KeyHash, LogEntry, HashOfKeyHash> logs_;
  std::size_t log_bytes_ = 0;
  std::size_t log_hand_ = 0;
  std::uint64_t forgotten_early_ = 0;
};

LimiterStoreMemory::LimiterStoreMemory(Options options, const common::Clock& clock, common::Random& random)
    : clock_(clock), secret_{random.next(), random.next()}, shards_(std::make_unique<Shard[]>(shard_count)) {
  if (options.keys_max < shard_count) throw std::invalid_argument("at least 64 keys");
  for (std::size_t i = 0; i < shard_count; ++i)
    shards_[i].set_max(options.keys_max / shard_count + (i < options.keys_max % shard_count ? 1 : 0));
}

LimiterStoreMemory::~LimiterStoreMemory() = default;

LimiterStoreMemory::Shard& LimiterStoreMemory::shard_of(const KeyHash& hash) noexcept {
  return shards_[hash.high % shard_count];
}

Decision LimiterStoreMemory::decide(const Check& check, Ticks now) {
  const KeyHash hash = key_hash(secret_, check.limit->id, check.key);
  const Limit& limit = check.limit->limit;
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex());
  if (has_log(limit.algorithm)) {
    Log none;
    LogEntry* const known = shard.find_log(hash);
    Log& log = known ? known->log : none;
    const std::size_t before = log_bytes(log);
    const Decision decision = rate_limiter::check(log, limit, now, check.cost);
    if (!decision.allowed || check.cost == 0) return decision;
    if (!known) {
      shard.put_log(hash, std::move(log), Rank(*check.limit, decision, now), now);
    } else {
      known->rank = Rank(*check.limit, decision, now);
      shard.changed_log(hash, before, log_bytes(log), now);
    }
    return decision;
  }
  Entry* const known = shard.find(hash);
  FixedState state = known ? known->state : fresh_state(limit);
  const Decision decision = rate_limiter::check(state, limit, now, check.cost);
  if (!decision.allowed || check.cost == 0) return decision;
  if (known) {
    known->state = state;
    known->rank = Rank(*check.limit, decision, now);
  } else {
    shard.put(hash, state, Rank(*check.limit, decision, now), now);
  }
  return decision;
}

// First on copies, then for good.
void LimiterStoreMemory::check_together(std::span<const Check> checks, std::span<Decision> decisions, Ticks now) {
  std::vector<KeyHash> hashes;
  std::vector<std::mutex*> mutexes;
  for (const Check& check : checks) {
    hashes.push_back(key_hash(secret_, check.limit->id, check.key));
    mutexes.push_back(&shard_of(hashes.back()).mutex());
  }
  std::sort(mutexes.begin(), mutexes.end());  // the one order in which everybody locks
  mutexes.erase(std::unique(mutexes.begin(), mutexes.end()), mutexes.end());
  std::vector<std::unique_lock<std::mutex>> locks;
  for (std::mutex* each : mutexes)
    locks.emplace_back(*each);

  std::vector<State> states;
  bool refused = false;
  const auto state_of = [&](std::size_t i) -> State {
    const Limit& limit = checks[i].limit->limit;
    Shard& shard = shard_of(hashes[i]);
    if (has_log(limit.algorithm)) {
      const LogEntry* const known = shard.find_log(hashes[i]);
      return known ? known->log : Log{};
    }
    const Entry* const known = shard.find(hashes[i]);
    return known ? known->state : fresh_state(limit);
  };
  for (std::size_t i = 0; i < checks.size(); ++i) {
    states.push_back(state_of(i));
    decisions[i] = rate_limiter::check(states[i], checks[i].limit->limit, now, checks[i].cost);
    refused = refused || (!decisions[i].allowed && checks[i].binding);
  }
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (!decisions[i].allowed || checks[i].cost == 0) continue;
    Shard& shard = shard_of(hashes[i]);
    const Rank rank(*checks[i].limit, decisions[i], now);
    if (refused) {
      states[i] = state_of(i);
      decisions[i] = rate_limiter::check(states[i], checks[i].limit->limit, now, 0);
    } else if (auto* log = std::get_if<Log>(&states[i])) {
      shard.put_log(hashes[i], std::move(*log), rank, now);
    } else {
      shard.put(hashes[i], std::get<FixedState>(states[i]), rank, now);
    }
  }
}

bool LimiterStoreMemory::check_now(std::span<const Check> checks, std::span<Decision> decisions) {
  const Ticks now = ticks_of(clock_.now());
  if (checks.size() == 1) {
    decisions[0] = decide(checks[0], now);
  } else {
    check_together(checks, decisions, now);
  }
  return true;
}

common::Task<common::Result<void>> LimiterStoreMemory::check(std::span<const Check> checks,
                                                             std::span<Decision> decisions) {
  check_now(checks, decisions);
  co_return common::Result<void>{};
}

common::Task<common::Result<Snapshot>> LimiterStoreMemory::look(const Check& check) {
  const KeyHash hash = key_hash(secret_, check.limit->id, check.key);
  Shard& shard = shard_of(hash);
  Snapshot snapshot{fresh(check.limit->limit), ticks_of(clock_.now())};
  const std::lock_guard lock(shard.mutex());
  if (const LogEntry* log = shard.find_log(hash)) snapshot.state = log->log;
  if (const Entry* entry = shard.find(hash)) snapshot.state = entry->state;
  co_return snapshot;
}

common::Task<common::Result<void>> LimiterStoreMemory::forget(const Check& check) {
  const KeyHash hash = key_hash(secret_, check.limit->id, check.key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex());
  shard.erase(hash);
  co_return common::Result<void>{};
}

LimiterStoreMemory::Counts LimiterStoreMemory::counts() const {
  Counts counts;
  for (std::size_t i = 0; i < shard_count; ++i) {
    const std::lock_guard lock(shards_[i].mutex());
    shards_[i].add_to(counts);
  }
  return counts;
}

}  // namespace rate_limiter
