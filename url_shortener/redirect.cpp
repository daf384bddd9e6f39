#include "url_shortener/redirect.h"

#include <algorithm>

#include "common/runtime/runtime.h"

namespace url_shortener {

using common::http::Method;
using common::http::Reply;
using common::http::Request;
using common::http::Response;

namespace {

// Caches may keep a 404 or 410 that does not forbid it (RFC 9110 section 15.1), and hide the link that comes next.
Response refusal(int status, std::string_view code, std::string_view message) {
  return common::http::error(status, code, message).header("Cache-Control", "no-store");
}

}  // namespace

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
  if (!link) return follow_from_store(request);
  const auto now = clock_.now();
  if (link->expires_at && now >= *link->expires_at) return gone_answer(Gone::expired);
  count(request, code, now);
  return answer(*link, now);
}

common::Task<Response> Redirect::follow_from_store(Request& request) {
  const std::string code(request.params[0]);
  const auto stamp = cache_.stamp(code);  // before the store is read: invariant 1 of the cache
  const auto asked = clock_.monotonic();
  auto found = co_await links_.find(code);
  request.timings.push_back({"store", clock_.monotonic() - asked});
  if (found.has_error()) co_return common::http::failed(found.error());
  if (!*found) co_return not_found();
  Link link = std::move(**found);
  const auto now = clock_.now();
  if (const Gone why = gone(link, now); why != Gone::no) co_return gone_answer(why);

  if (link.max_clicks && request.method != Method::head) {
    auto taken = co_await links_.take_click(code, now);
    if (taken.has_error()) co_return common::http::failed(taken.error());
    if (!taken->link) co_return not_found();
    if (!taken->admitted) {
      const Gone why = gone(*taken->link, now);
      co_return gone_answer(why == Gone::no ? Gone::used_up : why);
    }
    link = std::move(*taken->link);
  }
  const bool limited = link.max_clicks.has_value();
  CachedLink entry = cacheable(link);
  count(request, code, now);
  Response response = answer(entry, now);
  if (!limited) {
    cache_.put(common::current_thread_index(), code, std::move(entry), stamp, request.started);
  }
  co_return response;
}

void Redirect::count(const Request& request, std::string_view code, common::TimePoint now) {
  using common::http::Header;
  if (request.method == Method::head) return;
  clicks_.count(common::current_thread_index(), code, now, request.header(Header::referer),
                request.header(Header::user_agent));
}

// Temporary redirects are asked for again each time, so that every click is seen; permanent ones may be remembered
// for a while, never past the link's end.
CachedLink Redirect::cacheable(const Link& link) const {
  CachedLink entry;
  entry.headers = "Location: " + link.long_url + "\r\n";
  if (link.max_clicks) {
    entry.headers += "Cache-Control: no-store\r\n";
  } else if (!permanent()) {
    entry.headers += "Cache-Control: private, no-cache\r\n";
  } else if (link.expires_at) {
    entry.max_age_shrinks = true;
  } else {
    entry.headers += "Cache-Control: private, max-age=" + std::to_string(permanent_max_age.count()) + "\r\n";
  }
  entry.expires_at = link.expires_at;
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
