#include "cache_aside/cache_local.h"

#include <algorithm>

namespace cache_aside {

using common::Task;
using common::TimePoint;

namespace {

constexpr std::size_t bookkeeping_bytes = 160;  // of an entry: table, index, policy

}  // namespace

CacheLocal::CacheLocal(const common::Clock& clock, Options options)
    : clock_(clock),
      options_(std::move(options)),
      shards_(std::clamp<std::size_t>(options_.entries_max, 1, options_.shards)) {
  shard_entries_ = std::max<std::size_t>(1, options_.entries_max / shards_.size());
  shard_bytes_ = options_.bytes_max / shards_.size();
  for (Shard& shard : shards_)
    shard.eviction = options_.eviction(shard_entries_);
}

Task<Lookup> CacheLocal::get(std::string key, Guard guard) {
  co_return look_up(key, guard);
}

Task<bool> CacheLocal::put(std::string key, Entry entry, Guard guard, std::string ticket, std::string) {
  co_return put_now(key, std::move(entry), guard, ticket);
}

Task<bool> CacheLocal::invalidate(std::string key, Guard guard, std::uint64_t version) {
  invalidate_now(key, guard, version);
  co_return true;
}

std::optional<Entry> CacheLocal::peek(std::string_view key) {
  Shard& shard = shard_of(common::StringHash{}(key));
  const auto now = clock_.now();
  const std::lock_guard lock(shard.mutex);
  const Cell* const cell = find(shard, key, now);
  if (cell == nullptr) return std::nullopt;
  return cell->entry;
}

Lookup CacheLocal::look_up(std::string_view key, Guard guard) {
  const std::size_t hash = common::StringHash{}(key);
  Shard& shard = shard_of(hash);
  const auto now = clock_.now();
  Lookup lookup;
  const std::lock_guard lock(shard.mutex);
  lookup.ticket = ticket(shard, hash, guard);
  if (const Cell* const cell = find(shard, key, now)) {
    lookup.entry = cell->entry;
  } else if (const auto marker = shard.markers.find(key); marker != shard.markers.end()) {
    lookup.floor = marker->second.version;
  }
  return lookup;
}

bool CacheLocal::put_now(std::string_view key, Entry entry, Guard guard, std::string_view given) {
  const std::size_t bytes = key.size() + (entry.value ? entry.value->size() : 0) + bookkeeping_bytes;
  if (bytes > shard_bytes_ || suspended_.load(std::memory_order_acquire)) return false;
  const std::size_t hash = common::StringHash{}(key);
  Shard& shard = shard_of(hash);
  const auto now = clock_.now();
  const std::lock_guard lock(shard.mutex);
  if (!is_valid(given, shard, hash, guard)) return false;
  const Cell* const held = find(shard, key, now);
  if (guard == Guard::version) {
    const auto marker = shard.markers.find(key);
    const std::uint64_t known = held ? held->entry.version : marker != shard.markers.end() ? marker->second.version : 0;
    if (entry.version < known) return false;
  }
  if (held) remove(shard, static_cast<Eviction::Slot>(held - shard.cells.data()));
  make_room(shard, bytes);
  Eviction::Slot slot = static_cast<Eviction::Slot>(shard.cells.size());
  if (shard.free.empty()) {
    shard.cells.emplace_back();
  } else {
    slot = shard.free.back();
    shard.free.pop_back();
  }
  shard.cells[slot] = {std::string(key), std::move(entry), bytes};
  shard.index.emplace(shard.cells[slot].key, slot);
  shard.eviction->added(slot, hash);
  shard.bytes += bytes;
  return true;
}

void CacheLocal::invalidate_now(std::string_view key, Guard guard, std::uint64_t version) {
  const std::size_t hash = common::StringHash{}(key);
  Shard& shard = shard_of(hash);
  const auto now = clock_.now();
  const std::lock_guard lock(shard.mutex);
  const Cell* const held = find(shard, key, now);
  const bool has_it = held && guard != Guard::none && version != 0 && held->entry.version >= version;
  if (held && !has_it) remove(shard, static_cast<Eviction::Slot>(held - shard.cells.data()));
  ++shard.epochs[hash % epoch_count];
  if (guard != Guard::none && version != 0) mark(shard, key, version, now, guard);
}

void CacheLocal::clear() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    forget_all(shard);
  }
}

void CacheLocal::suspend() {
  suspended_.store(true, std::memory_order_release);
  clear();
}

void CacheLocal::resume() {
  clear();
  suspended_.store(false, std::memory_order_release);
}

std::size_t CacheLocal::entries() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum += shard.index.size();
  }
  return sum;
}

std::size_t CacheLocal::bytes() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum += shard.bytes;
  }
  return sum;
}

// ---- under the shard's lock ----

CacheLocal::Cell* CacheLocal::find(Shard& shard, std::string_view key, TimePoint now) {
  const auto found = shard.index.find(key);
  if (found == shard.index.end()) return nullptr;
  Cell& cell = shard.cells[found->second];
  if (now >= cell.entry.kept_until) {
    remove(shard, found->second);
    return nullptr;
  }
  shard.eviction->touched(found->second);
  return &cell;
}

std::string CacheLocal::ticket(const Shard& shard, std::size_t hash, Guard guard) {
  if (guard == Guard::none) return "";
  return std::to_string(shard.generation) + " " + std::to_string(shard.epochs[hash % epoch_count]);
}

// Under Guard::version the markers say what is too old, as long as all of them are there.
bool CacheLocal::is_valid(std::string_view given, const Shard& shard, std::size_t hash, Guard guard) {
  if (given.empty()) return true;
  const std::string now = ticket(shard, hash, guard);
  if (guard != Guard::version) return given == now;
  return given.substr(0, given.find(' ')) == std::string_view(now).substr(0, now.find(' '));
}

void CacheLocal::remove(Shard& shard, Eviction::Slot slot) {
  shard.eviction->removed(slot);
  Cell& cell = shard.cells[slot];
  shard.bytes -= cell.bytes;
  shard.index.erase(cell.key);
  cell = {};
  shard.free.push_back(slot);
}

void CacheLocal::make_room(Shard& shard, std::size_t bytes) {
  while (shard.index.size() >= shard_entries_ || (shard.bytes + bytes > shard_bytes_ && !shard.index.empty())) {
    const Eviction::Slot slot = shard.eviction->victim();
    Cell& cell = shard.cells[slot];
    shard.bytes -= cell.bytes;
    shard.index.erase(cell.key);
    cell = {};
    shard.free.push_back(slot);
  }
}

void CacheLocal::mark(Shard& shard, std::string_view key, std::uint64_t version, TimePoint now, Guard guard) {
  const TimePoint until = now + options_.marker_life;
  if (const auto known = shard.markers.find(key); known != shard.markers.end()) {
    known->second = {std::max(known->second.version, version), until};
    return;
  }
  make_marker_room(shard, now, guard);
  shard.markers.emplace(std::string(key), Marker{version, until});
  shard.marker_ages.emplace_back(until, std::string(key));
}

// The oldest go; one that was marked again since it came stands in line anew.
void CacheLocal::make_marker_room(Shard& shard, TimePoint now, Guard guard) {
  auto& ages = shard.marker_ages;
  while (!ages.empty() && (ages.front().first <= now || shard.markers.size() >= options_.markers_max)) {
    auto [until, key] = std::move(ages.front());
    ages.pop_front();
    const auto marker = shard.markers.find(key);
    if (marker->second.until > until) {
      ages.emplace_back(marker->second.until, std::move(key));
      continue;
    }
    if (until > now && guard == Guard::version) ++shard.generation;
    shard.markers.erase(marker);
  }
}

void CacheLocal::forget_all(Shard& shard) {
  ++shard.generation;
  while (!shard.index.empty()) {
    const Eviction::Slot slot = shard.eviction->victim();
    shard.index.erase(shard.cells[slot].key);
    shard.cells[slot] = {};
    shard.free.push_back(slot);
  }
  shard.bytes = 0;
}

}  // namespace cache_aside
