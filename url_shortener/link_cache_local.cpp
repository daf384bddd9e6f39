#include "url_shortener/link_cache_local.h"

#include <algorithm>

namespace url_shortener {

LinkCacheLocal::LinkCacheLocal(std::size_t threads, std::size_t entries_max, std::chrono::nanoseconds fresh_for)
    : half_((entries_max + 1) / 2), fresh_for_(fresh_for), threads_(threads), epochs_(std::make_unique<AllEpochs>()) {}

const CachedLink* LinkCacheLocal::find(std::size_t thread, std::string_view code, common::Instant now) {
  Generations& table = threads_[thread];
  if (const auto found = table.young.find(code); found != table.young.end()) {
    if (current(found->second, now)) return &found->second.link;
    table.young.erase(found);
    return nullptr;
  }
  const auto found = table.old.find(code);
  if (found == table.old.end()) return nullptr;
  auto node = table.old.extract(found);  // asked for again: it stays
  if (!current(node.mapped(), now)) return nullptr;
  if (table.young.size() >= half_) turn_over(table);
  return &table.young.insert(std::move(node)).position->second.link;
}

void LinkCacheLocal::put(std::size_t thread, const std::string& code, CachedLink link, Stamp stamp,
                         common::Instant now) {
  if (half_ == 0) return;
  Generations& table = threads_[thread];
  if (table.young.size() >= half_) turn_over(table);
  const bool absent = link.kind == CachedLink::Kind::absent;
  const auto fresh_for = absent ? std::min<std::chrono::nanoseconds>(fresh_for_, absence_believed_for) : fresh_for_;
  const auto& epoch = (absent ? epochs_->absences : epochs_->links)[place_of(code)];
  const Epoch seen = absent ? stamp.absence : stamp.link;
  table.young.insert_or_assign(code, Entry{std::move(link), &epoch, seen, now + fresh_for});
}

void LinkCacheLocal::turn_over(Generations& table) {
  table.old = std::move(table.young);
  table.young = {};
}

}  // namespace url_shortener
