// A user's feed: the newest posts of those it follows, a page at a time.
//
//   posting    the id goes to the author's list, and to the feeds of its followers if the fan-out pushes it (fanout.h)
//   reading    the user's list, merged with the lists of those whom the fan-out pulls; then each post by id, from its
//              own cache: an edit or a deletion touches one entry, not the feeds that hold the id
//
//   1. A page is in falling order of id and ends where its cursor says: paging neither skips a post that was there when
//      it began nor shows one twice, whatever is posted meanwhile.
//   2. A feed that is not cached is rebuilt from the database before it is answered: nobody who comes back finds an
//      empty page. What is older than the cached list comes from the database too.
//   3. A post owes its fan-out until its row in the invalidation log is settled: a crash delays it, no more.
//   4. A deleted post is left out, and its place filled with an older one.
//   5. Many who want one cold list at the same time wait for one rebuild of it that began after they came (flights.h),
//      unless --stampede none asks for the herd.
//
// Thread-safe: any thread of the runtime.

#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "cache_aside/cache_aside.h"
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
  Source source = Source::hit;        // miss: a list had to be rebuilt
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
  Feed(Parts parts, Options options) : parts_(parts), options_(options) {}

  // `below`: UINT64_MAX for the first page.
  common::Task<common::Result<FeedPage>> read(std::uint64_t user, Posts& posts, std::uint64_t below, std::size_t limit);

  // False: one of them is not there.
  common::Task<common::Result<bool>> follow(std::uint64_t follower, std::uint64_t followee);
  common::Task<common::Result<bool>> unfollow(std::uint64_t follower, std::uint64_t followee);

  // A new post to whom it is owed; settles `note` when it is certain. Harmless when done twice.
  common::Task<bool> deliver(std::uint64_t post, std::uint64_t author, std::uint64_t note);
  // Whether this process has done it lately: what others tell it of the post is then no news.
  bool has_delivered(std::uint64_t post);
  // What a new post starts: its delivery, on the thread that it was posted on.
  std::function<void(const Post&, std::uint64_t note)> posted(common::Runtime& runtime);

  // Another process's follow or unfollow.
  common::Task<bool> followees_changed(std::uint64_t user);

  // Rebuilds what the recent readers will want and is not cached; off the path of their requests.
  common::Task<std::size_t> warm();

 private:
  using Ids = std::vector<std::uint64_t>;
  struct Found {
    Ids ids;
    bool rebuilt = false;
  };

  enum class Errand { request, warming };  // for whom queries are made, and counted

  common::Task<common::Result<std::vector<Followee>>> followees(std::uint64_t user, Errand errand);
  common::Task<common::Result<Found>> ids_of(std::string name, Ids authors, std::uint64_t below, std::size_t limit,
                                             Errand errand);
  common::Task<common::Result<Ids>> rebuild(std::string name, Ids authors, Errand errand);
  common::Task<common::Result<Entry>> rebuild_once(std::string name, Ids authors, Errand errand);
  common::Task<common::Result<Found>> candidates(std::uint64_t user, std::uint64_t below, std::size_t limit,
                                                 Errand errand);
  common::Task<common::Result<Ids>> newest(Ids authors, std::uint64_t below, std::size_t limit, Errand errand);
  template <class Query>
  std::invoke_result_t<Query&> query_for(Errand errand, Query query) {
    return errand == Errand::request ? parts_.gate.run(query) : parts_.gate.maintain(query);
  }
  common::Task<bool> push_to_followers(std::uint64_t post, std::uint64_t author);
  void remember_reader(std::uint64_t user);

  static std::string feed_name(std::uint64_t user) { return "feed:" + std::to_string(user); }
  static std::string author_name(std::uint64_t author) { return "author:" + std::to_string(author); }

  Parts parts_;
  const Options options_;
  Flights rebuilds_;
  std::mutex readers_mutex_;                            // guards the two below
  std::map<std::uint64_t, common::TimePoint> readers_;  // who read lately, at most readers_max
  std::set<std::uint64_t> delivered_;                   // the latest posts that were delivered from here
};

}  // namespace cache_aside
