// GET /{code}: where a short link leads. The hot path of the whole system.
//
//   in the cache     one hash look-up, one counter, an answer: no coroutine, no query
//   not there        a coroutine reads the store and fills the cache
//   max_clicks       never cached: the store admits each click in a transaction, so a limit is exact

#pragma once

#include <string>

#include "common/http/handler.h"
#include "url_shortener/click_counter.h"
#include "url_shortener/link_cache.h"
#include "url_shortener/link_store.h"

namespace url_shortener {

class Redirect {
 public:
  // `status`: 301, 302, 307 or 308.
  Redirect(LinkStore& links, LinkCache& cache, ClickCounter& clicks, const common::Clock& clock, int status)
      : links_(links), cache_(cache), clicks_(clicks), clock_(clock), status_(status) {}

  int status() const noexcept { return status_; }

  // GET and HEAD /{code}. HEAD counts no click.
  common::http::Reply follow(common::http::Request& request);

  // For how long a browser may remember a permanent redirect: the longest that an edit stays unseen.
  static constexpr std::chrono::seconds permanent_max_age{90};

 private:
  common::Task<common::http::Response> follow_from_store(common::http::Request& request);
  common::http::Response answer(const CachedLink& link, common::TimePoint now) const;
  void count(const common::http::Request& request, std::string_view code, common::TimePoint now);
  CachedLink cacheable(const Link& link) const;
  bool permanent() const noexcept { return status_ == 301 || status_ == 308; }

  LinkStore& links_;
  LinkCache& cache_;
  ClickCounter& clicks_;
  const common::Clock& clock_;
  int status_;
};

// 404, or 410 saying whether it was deleted, expired or used up.
common::http::Response not_found();
common::http::Response gone_answer(Gone why);

}  // namespace url_shortener
