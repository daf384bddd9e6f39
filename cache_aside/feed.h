// A user's feed: the newest posts of those it follows, a page at a time.
//
//   posting    the id goes to the author's list, and to the feeds of its followers if the fan-out pushes it (fanout.h)
//   reading    the user's list, merged with the lists of those whom the fan-out pulls; then each post by id, from its
//              own cache: an edit or a deletion touches one entry, not the feeds that hold the id
//
//   1. A page is in falling order of id and ends where its cursor says: paging neither skips a post that had been
//      delivered when it began nor shows one twice, whatever is posted meanwhile. (One that is still owed, after a
//      crash, comes late: into pages that have been read already it does not come.)
//   2. A feed that is not cached is rebuilt from the database before it is answered: nobody who comes back finds an
//      empty page. What is older than the cached list comes from the database too.
//   3. A post owes its fan-out until its row in the invalidation log is settled: a crash delays it, no more. So many
//      are under way at a time (deliveries.h).
//   4. A deleted post is left out, and its place filled with an older one.
//   5. Many who want one cold list at the same time wait for one rebuild of it that began after they came (flights.h),
//      unless --stampede none asks for the herd. A rebuild reads after its ticket whom the user follows: a follow or
//      an unfollow meanwhile voids it (id_lists.h).
//
// Thread-safe: any thread of the runtime.

#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "cache_aside/cache_aside.h"
#include "cache_aside/deliveries.h"
#include "cache_aside/fanout.h"
#include "cache_aside/flights.h"
#include "cache_aside/follow_store.h"
#include "cache_aside/id_lists.h"
#include "cache_aside/invalidation_log.h"
#include "cache_aside/posts.h"
#include "common/runtime/runtime.h"

namespace cache_aside {

struct FeedPage {
  std::vector<std::string> posts;     // JSON each
  std::optional<std::uint64_t> next;  // older ones than this; none: the end
  Source source = Source::hit;        // miss: something came from the database; stale: something was; bypass: no cache
};

class Feed {
 public:
  struct Options {
    std::uint64_t celebrity_followers = 10'000;
    IdLists::Options lists;
    bool bypass = false;   // there is no cache: say so
    bool coalesce = true;  // one rebuild of a list at a time
  };
  struct Parts {
    FollowStore& follows;
    PostStore& posts;
    StoreGate& gate;
    CacheAside& reads;
    IdLists& lists;
    const Fanout& fanout;
    InvalidationLog& log;
    const common::Clock& clock;
  };
  Feed(Parts parts, Options options);

  // `below`: UINT64_MAX for the first page.
  common::Task<common::Result<FeedPage>> read(std::uint64_t user, Posts& posts, std::uint64_t below, std::size_t limit);

  // False: one of them is not there.
  common::Task<common::Result<bool>> follow(std::uint64_t follower, std::uint64_t followee);
  common::Task<common::Result<bool>> unfollow(std::uint64_t follower, std::uint64_t followee);

  // A new post to whom it is owed; settles `note` when it is certain. Harmless when done twice.
  common::Task<bool> deliver(std::uint64_t post, std::uint64_t author, std::uint64_t note);
  // The same, begun there: what is under way, in line or lately done.
  Deliveries& deliveries() noexcept { return deliveries_; }
  // What a new post starts: its delivery, on the thread that it was posted on.
  std::function<void(const Post&, std::uint64_t note)> posted(common::Runtime& runtime);

  // Another process's follow or unfollow.
  common::Task<bool> followees_changed(std::uint64_t user);
  // Whether it was this process's, and its caches know: the row in the log is then no news.
  bool has_told(std::uint64_t note);

  // Rebuilds what the recent readers will want and is not cached; off the path of their requests.
  common::Task<std::size_t> warm();

 private:
  using Ids = std::vector<std::uint64_t>;
  struct Followed {
    Ids pushed;  // whose posts are in the user's own list
    Ids pulled;
    Source source = Source::hit;
    friend bool same(const Followed& a, const Followed& b) { return a.pushed == b.pushed && a.pulled == b.pulled; }
  };
  struct List {
    bool feed;         // a user's; or an author's latest
    std::uint64_t of;  // the user, the author
    std::string name() const { return (feed ? "feed:" : "author:") + std::to_string(of); }
  };
  struct Found {
    Ids ids;
    Source source = Source::hit;
    bool rebuilt = false;
  };

  enum class Errand { request, warming };  // for whom queries are made, and counted

  common::Task<common::Result<Followed>> followees(std::uint64_t user, Errand errand);
  // `authors`: of the list, as the reader knows them.
  common::Task<common::Result<Found>> ids_of(List list, Ids authors, bool cached_lists, std::uint64_t below,
                                             std::size_t limit, Errand errand);
  common::Task<common::Result<Ids>> rebuild(List list, Errand errand);
  common::Task<common::Result<Entry>> rebuild_once(List list, Errand errand);
  common::Task<common::Result<Ids>> authors_of(List list, Errand errand);
  common::Task<common::Result<Found>> candidates(std::uint64_t user, std::uint64_t below, std::size_t limit,
                                                 Errand errand);
  common::Task<common::Result<Found>> merged(std::uint64_t user, Followed followed, std::uint64_t below,
                                             std::size_t limit, Errand errand);
  common::Task<common::Result<Ids>> newest(Ids authors, std::uint64_t below, std::size_t limit, Errand errand);
  template <class Query>
  std::invoke_result_t<Query&> query_for(Errand errand, Query query) {
    return errand == Errand::request ? parts_.gate.run(query) : parts_.gate.work(query);
  }
  common::Task<common::Result<bool>> tell(std::uint64_t follower, common::Result<FollowChange> change);
  common::Task<bool> push(std::uint64_t post, std::uint64_t author);
  common::Task<bool> push_to_followers(std::uint64_t post, std::uint64_t author);
  common::Task<> settle(std::uint64_t note);
  void remember_reader(std::uint64_t user);

  Parts parts_;
  const Options options_;
  Flights rebuilds_;
  Deliveries deliveries_;
  std::mutex mutex_;                                    // guards the two below
  std::map<std::uint64_t, common::TimePoint> readers_;  // who read lately, at most readers_max
  std::set<std::uint64_t> told_;                        // has_told(), the latest told_max
};

}  // namespace cache_aside
