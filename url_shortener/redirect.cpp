#include "url_shortener/redirect.h"

#include <algorithm>

#include "common/runtime/runtime.h"
#include "url_shortener/reserved.h"

namespace url_shortener {

using common::http::Method;
using common::http::Reply;
using common::http::Request;
using common::http::Response;

// Caches may keep a 404 or 410 that does not forbid it (RFC 9110 section 15.1).
Response refusal(int status, std::string_view code, std::string_view message) {
  return common::http::error(status, code, message).header("Cache-Control", "no-store");
}

Response not_found() {
  return refusal(404, "LINK_NOT_FOUND", "no link has this code");
}

Response gone_answer(Gone why) {
  switch (why) {
    case Gone::deleted:
      return refusal(410, "LINK_DELETED", "this link was deleted");
    case Gone::expired:
      return refusal(410, "LINK_EXPIRED", "this link has expired");
    default:
      return refusal(410, "LINK_USED_UP", "this link has had all its clicks");
  }
}

Reply Redirect::follow(Request& request) {
  const std::string_view code = request.params[0];
  const std::size_t thread = common::current_thread_index();
  const CachedLink* link = cache_.find(thread, code, request.started);
  if (!link) return is_code(code) ? Reply(follow_found(request)) : brake_.not_found(request);
  if (link->kind == CachedLink::Kind::absent) return brake_.not_found(request);
  if (link->kind == CachedLink::Kind::deleted) return gone_answer(Gone::deleted);
  const auto now = clock_.now();
  if (link->expires_at && now >= *link->expires_at) return gone_answer(Gone::expired);
  count(request, code, now);
  return answer(*link, now);
}

common::Task<Response> Redirect::follow_found(Request& request) {
  const std::string code(request.params[0]);
  const auto stamp = cache_.stamp(code);  // before anybody is asked: invariant 1 of the cache
  const auto asked = clock_.monotonic();
  auto found = co_await finder_.find(code, stamp);
  if (found.has_error()) co_return common::http::failed(found.error());
  request.timings.push_back({found->from_store ? "store" : "cache", clock_.monotonic() - asked});
  auto& link = found->link;
  const auto now = clock_.now();
  if (link && link->max_clicks) {
    auto click = co_await admit(request, *link, now);
    if (click.has_error()) co_return common::http::failed(click.error());
    const Gone why = click->link ? gone(*click->link, now) : Gone::deleted;
    if (!click->admitted) co_return gone_answer(why == Gone::no ? Gone::used_up : why);
    count(request, code, now);
    co_return answer(cacheable(click->link), now);
  }
  CachedLink entry = cacheable(link);
  cache_.put(common::current_thread_index(), code, entry, stamp, request.started);
  if (!link) co_return co_await Reply::wait(brake_.not_found(request));
  if (const Gone why = gone(*link, now); why != Gone::no) co_return gone_answer(why);
  count(request, code, now);
  co_return answer(entry, now);
}

// The store's decision about one click of a link that counts them. HEAD uses none up.
common::Task<common::Result<LinkStore::Click>> Redirect::admit(const Request& request, const Link& link,
                                                               common::TimePoint now) {
  if (request.method != Method::head) co_return co_await links_.take_click(link.code, now);
  co_return LinkStore::Click{link, gone(link, now) == Gone::no};
}

void Redirect::count(const Request& request, std::string_view code, common::TimePoint now) {
  using common::http::Header;
  if (request.method == Method::head) return;
  clicks_.count(common::current_thread_index(), code, now, request.header(Header::referer),
                request.header(Header::user_agent));
}

// Temporary redirects are asked for again each time, so that every click is seen; permanent ones may be remembered
// for a while, never past the link's end.
CachedLink Redirect::cacheable(const std::optional<Link>& link) const {
  CachedLink entry;
  if (!link || link->deleted) {
    entry.kind = link ? CachedLink::Kind::deleted : CachedLink::Kind::absent;
    return entry;
  }
  entry.headers = "Location: " + link->long_url + "\r\n";
  if (link->max_clicks) {
    entry.headers += "Cache-Control: no-store\r\n";
  } else if (!permanent()) {
    entry.headers += "Cache-Control: private, no-cache\r\n";
  } else if (link->expires_at) {
    entry.max_age_shrinks = true;
  } else {
    entry.headers += "Cache-Control: private, max-age=" + std::to_string(permanent_max_age.count()) + "\r\n";
  }
  entry.expires_at = link->expires_at;
  return entry;
}

Response Redirect::answer(const CachedLink& link, common::TimePoint now) const {
  Response response(status_);
  response.raw_headers(link.headers);
  if (link.max_age_shrinks) {
    const auto left = std::chrono::floor<std::chrono::seconds>(*link.expires_at - now);
    response.header("Cache-Control", "private, max-age=" + std::to_string(std::min(left, permanent_max_age).count()));
  }
  return response;
}

}  // namespace url_shortener
