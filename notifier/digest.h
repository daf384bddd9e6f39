// Many notifications as one: those of one user, channel and category within one window. Pure.
//
//   1. Windows tumble: a window begins at each multiple of its length since 1970. So the window of an instant needs
//      no memory, and two processes agree on it.
//   2. The id of a digest follows from its user, channel, category and window. Whoever closes it, however often, makes
//      the same notification: the second time the ledger has its rows already, and nothing is sent again.
//   3. Collecting an item and writing its ledger row are one transaction, and so are closing and writing the digest's
//      notification and outbox entry. A crash between leaves nothing to merge twice and nothing to drop.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/digest.h"
#include "notifier/notification.h"

namespace notifier {

struct DigestKey {
  std::string user;
  Channel channel = Channel::email;
  std::string category;
  common::TimePoint closes_at{};  // the end of its window

  bool operator==(const DigestKey&) const = default;
};

constexpr common::TimePoint window_end(common::TimePoint now, std::chrono::seconds window) {
  const auto since = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  return common::TimePoint{(since / window + 1) * window};
}

inline NotificationId digest_id(const DigestKey& key) {
  const auto closes = std::to_string(key.closes_at.time_since_epoch().count());
  const std::string hash =
      common::sha256(key.user + '\n' + std::string(to_string(key.channel)) + '\n' + key.category + '\n' + closes);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof bits; ++i)
    bits = bits << 8 | static_cast<unsigned char>(hash[i]);
  return static_cast<NotificationId>(bits >> 1);
}

inline constexpr std::size_t digest_titles_max = 100;

// The digest's notification. `titles`: of its items, oldest first, no more than digest_titles_max; `items`: how many
// there are.
inline Notification make_digest(const DigestKey& key, const std::vector<std::string>& titles, std::size_t items,
                                common::TimePoint now) {
  Notification digest;
  digest.id = digest_id(key);
  digest.kind = Kind::digest;
  digest.audience = {.type = Audience::Type::user, .name = key.user, .users = {}};
  digest.category = key.category;
  digest.title = items == 1 && !titles.empty() ? titles[0] : std::to_string(items) + " new: " + key.category;
  for (const auto& title : titles)
    digest.body.append("- ").append(title).append("\n");
  if (items > titles.size()) digest.body.append("and " + std::to_string(items - titles.size()) + " more\n");
  digest.channels = only(key.channel);
  digest.created_at = digest.due_at = now;
  return digest;
}

}  // namespace notifier
