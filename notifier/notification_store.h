// What was accepted, and what has still to be done about it: the outbox. One interface, one contract test.
//
// The guarantee: a notification, its outbox entry and the answer to its Idempotency-Key are one transaction. A queue
// that is written beside the database would lose or invent notifications at each crash between the two (the dual write
// problem); an entry is taken from the outbox, done, and then removed, so it is done at least once.
//
// Entries are claimed for a while, so that several processes share the work and one that died is replaced. A claim has
// a number: whoever was replaced finds that its number is not the entry's any more, and changes nothing.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/result.h"
#include "common/runtime/task.h"
#include "notifier/notification.h"

namespace notifier {

// The answer to a creating request that carried an Idempotency-Key.
struct IdempotentAnswer {
  std::string scope;         // caller and route
  std::string key;           // unquoted
  std::string request_hash;  // of path, query and body
  int status = 202;
  std::string headers;
  std::string body;
};

inline constexpr std::chrono::hours answer_lifetime{24};

struct Accepted {};
struct Replayed {
  IdempotentAnswer answer;
};
struct KeyReused {};
using AcceptOutcome = std::variant<Accepted, Replayed, KeyReused>;

// Something that is to be planned: a notification for one user, a page of a broadcast, a redriven delivery.
struct OutboxEntry {
  std::int64_t id = 0;
  NotificationId notification = 0;
  std::int64_t claim = 0;
  std::string cursor{};  // of a broadcast: the last user planned
  std::string user{};    // of a redrive; empty: the notification's audience
  Channels channels{};   // of a redrive
};

// How far a broadcast's planning is.
struct Plan {
  std::int64_t audience = 0;  // users, as counted when planning began
  std::int64_t planned = 0;   // users × channels handed to the queue
  bool complete = false;
};

class NotificationStore {
 public:
  virtual ~NotificationStore() = default;

  virtual common::Task<common::Result<AcceptOutcome>> accept(Notification notification,
                                                             std::optional<IdempotentAnswer> answer) = 0;
  // The answer kept for the key, if it is not older than 24 h.
  virtual common::Task<common::Result<std::optional<IdempotentAnswer>>> find_answer(std::string scope, std::string key,
                                                                                    common::TimePoint now) = 0;
  virtual common::Task<common::Result<std::optional<Notification>>> find(NotificationId id) = 0;

  // Claims entries that are due and that nobody has: of broadcasts, or of all others. The oldest first.
  virtual common::Task<common::Result<std::vector<OutboxEntry>>> take(bool broadcasts, std::size_t limit,
                                                                      common::TimePoint now,
                                                                      std::chrono::milliseconds lease) = 0;
  // They are done. Entries that somebody else has claimed meanwhile stay.
  virtual common::Task<common::Result<void>> done(std::vector<OutboxEntry> entries) = 0;
  // They are not done: anybody may take them, from `when` on.
  virtual common::Task<common::Result<void>> put_back(std::vector<OutboxEntry> entries, common::TimePoint when) = 0;

  virtual common::Task<common::Result<std::optional<Plan>>> plan(NotificationId broadcast) = 0;
  // Counts the audience, once.
  virtual common::Task<common::Result<void>> begin_plan(NotificationId broadcast, std::int64_t audience) = 0;
  // The page up to `cursor` is in the queue, with `planned` deliveries; the claim is renewed until `lease_until`.
  // `last`: there is no further page, and the entry is done. False: the claim is lost, nothing was written.
  virtual common::Task<common::Result<bool>> checkpoint(OutboxEntry entry, std::string cursor, std::int64_t planned,
                                                        bool last, common::TimePoint lease_until) = 0;

  // Calls it back: what has not started never does. False: there is no such notification.
  virtual common::Task<common::Result<bool>> cancel(NotificationId id, common::TimePoint now) = 0;

  // Of these, the ones whose user has a newer notification with the same collapse key.
  virtual common::Task<common::Result<std::vector<NotificationId>>> superseded(std::vector<NotificationId> ids) = 0;
};

}  // namespace notifier
