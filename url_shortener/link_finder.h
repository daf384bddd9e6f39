// What a redirect asks when its thread's own table does not know the code: the shared cache, if there is one, then the
// store. And who is told when a link has changed.
//
//   local table ── miss ──▶ one look-up for all who want the code ──▶ shared cache ── miss ──▶ store
//
//   1. Of all who miss one code on one thread at the same time, one asks (common/single_flight.h).
//   2. Nobody who comes after a change joins a look-up from before it: look-ups are told apart by the local table's
//      stamp, which changed() and created() make another.
//   3. The shared cache is told before the local table is: what this process reads after changed() is what was changed
//      to.
//   4. Many creations cost one timeout of a shared cache that is slow, not one each.
//
// Thread-safe; each thread has its own look-ups.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/single_flight.h"
#include "url_shortener/link_cache.h"
#include "url_shortener/link_cache_local.h"
#include "url_shortener/link_store.h"

namespace url_shortener {

class LinkFinder {
 public:
  // All outlive this; `shared` may be null. `threads`: of the runtime.
  LinkFinder(LinkStore& store, LinkCacheLocal& local, LinkCache* shared, std::size_t threads)
      : store_(store), local_(local), shared_(shared), threads_(threads) {}

  struct Found {
    std::optional<Link> link;  // from the shared cache without tags and createdAt
    bool from_store = true;
  };
  // `stamp`: local.stamp(code), taken before. Errors are the store's. On a thread of the runtime.
  common::Task<common::Result<Found>> find(std::string code, LinkCacheLocal::Stamp stamp);

  // To be awaited after a link was edited or deleted, before anybody is told so. `version`: its new one; none when
  // nobody knows how the change ended.
  common::Task<void> changed(std::string code, std::optional<std::uint64_t> version);
  // Likewise after a link was created, or may have been; and after many were, which are told of all at once.
  common::Task<void> created(std::string code);
  common::Task<void> created_all(std::vector<std::string> codes);

 private:
  using Outcome = common::Result<Found>;
  struct alignas(64) Thread {
    common::SingleFlight<std::string, Outcome> look_ups;
  };
  common::Task<Outcome> look_up(const std::string& code);
  common::Task<bool> created_one(const std::string& code);

  LinkStore& store_;
  LinkCacheLocal& local_;
  LinkCache* shared_;
  std::vector<Thread> threads_;
};

}  // namespace url_shortener
