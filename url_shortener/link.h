// What a short link is.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"

namespace url_shortener {

struct Link {
  std::string code;
  std::string long_url;  // normalised (url_check.h)
  common::TimePoint created_at;
  std::optional<common::TimePoint> expires_at;
  std::optional<std::uint64_t> max_clicks;
  std::uint64_t clicks_used = 0;  // counted against max_clicks; stays 0 without one
  std::vector<std::string> tags;
  std::uint64_t version = 1;  // rises by one with every edit: the ETag
  bool deleted = false;       // a deleted code is never given out again: 410, not 404
};

// Why a link does not redirect, if it does not.
enum class Gone { no, expired, deleted, used_up };

// The state of `link` at `now`. Expiry is exclusive: at expires_at the link is gone.
inline Gone gone(const Link& link, common::TimePoint now) noexcept {
  if (link.deleted) return Gone::deleted;
  if (link.expires_at && now >= *link.expires_at) return Gone::expired;
  if (link.max_clicks && link.clicks_used >= *link.max_clicks) return Gone::used_up;
  return Gone::no;
}

// Whether one more click is allowed at `now`; if so and there is a limit, counts it.
inline bool admit_click(Link& link, common::TimePoint now) noexcept {
  if (gone(link, now) != Gone::no) return false;
  if (link.max_clicks) ++link.clicks_used;
  return true;
}

}  // namespace url_shortener
