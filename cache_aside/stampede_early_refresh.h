// early_refresh: some reader, chosen by chance, loads the value anew a little before it expires (early_refresh.h,
// XFetch).
//
// Right when: a key is read all the time and nobody may ever wait for it; it needs no lock and no background work. It
// hurts: e^(1/beta) loads for each expiry instead of one; and it needs a value that is there. A key that was deleted,
// or never loaded, is missed by everybody, and everybody loads it.

#pragma once

#include "cache_aside/early_refresh.h"
#include "cache_aside/stampede.h"

namespace cache_aside {

class StampedeEarlyRefresh final : public Stampede {
 public:
  // `beta` > 0: greater is earlier.
  explicit StampedeEarlyRefresh(double beta) : beta_(beta) {}

  Verdict judge(const Entry& entry, common::TimePoint now, double chance) const noexcept override {
    if (entry.fresh_until == never) return Verdict::use;
    const bool early = refresh_early(now, entry.fresh_until, entry.load_time, beta_, chance);
    return early ? Verdict::reload : Verdict::use;
  }

  common::Task<common::Result<Loaded>> load(Miss miss) override {
    auto entry = co_await miss.fetch("");
    if (entry.has_error()) co_return entry.error();
    Loaded loaded{std::move(*entry), false};
    co_return loaded;
  }

 private:
  const double beta_;
};

}  // namespace cache_aside
