// GET /{code}: where a short link leads. The hot path of the whole system.
//
//   in the thread's table   one hash look-up, one counter, an answer: no coroutine, no query
//   not there               a coroutine asks link_finder.h and fills the table; not for what cannot be a code
//   max_clicks              in no cache: the store admits each click in a transaction, so a limit is exact

#pragma once

#include <string>

#include "common/http/handler.h"
#include "url_shortener/click_counter.h"
#include "url_shortener/link_cache_local.h"
#include "url_shortener/link_finder.h"
#include "url_shortener/link_store.h"
#include "url_shortener/scanner_brake.h"

namespace url_shortener {

class Redirect {
 public:
  struct Dependencies {
    LinkStore& links;
    LinkFinder& finder;
    LinkCacheLocal& cache;
    ClickCounter& clicks;
    ScannerBrake& brake;
    const common::Clock& clock;
  };

  // `status`: 301, 302, 307 or 308.
  Redirect(Dependencies dependencies, int status)
      : links_(dependencies.links),
        finder_(dependencies.finder),
        cache_(dependencies.cache),
        clicks_(dependencies.clicks),
        brake_(dependencies.brake),
        clock_(dependencies.clock),
        status_(status) {}

  int status() const noexcept { return status_; }

  // GET and HEAD /{code}. HEAD counts no click.
  common::http::Reply follow(common::http::Request& request);

  // For how long a browser may remember a permanent redirect: the longest that an edit stays unseen.
  static constexpr std::chrono::seconds permanent_max_age{90};

 private:
  common::Task<common::http::Response> follow_found(common::http::Request& request);
  common::Task<common::Result<LinkStore::Click>> admit(const common::http::Request& request, const Link& link,
                                                       common::TimePoint now);
  common::http::Response answer(const CachedLink& link, common::TimePoint now) const;
  void count(const common::http::Request& request, std::string_view code, common::TimePoint now);
  CachedLink cacheable(const std::optional<Link>& link) const;
  bool permanent() const noexcept { return status_ == 301 || status_ == 308; }

  LinkStore& links_;
  LinkFinder& finder_;
  LinkCacheLocal& cache_;
  ClickCounter& clicks_;
  ScannerBrake& brake_;
  const common::Clock& clock_;
  int status_;
};

// A refusal that no cache may keep, so that it does not hide the link that comes next.
common::http::Response refusal(int status, std::string_view code, std::string_view message);

// 404, or 410 saying whether it was deleted, expired or used up.
common::http::Response not_found();
common::http::Response gone_answer(Gone why);

}  // namespace url_shortener
