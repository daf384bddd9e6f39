// The ledger: one row for each (notification, user, channel), and how far each partition of the queue was read. One
// interface, one contract test.
//
// This is where "exactly once" is true. The queue hands out messages at least once; the row is unique; and the row and
// the offset of the message that caused it are committed together, so a message that comes again finds its row.
//
//   1. begin() writes rows and offset in one transaction. A row that is there already, attempted or final, is not
//      begun again, however often its message comes.
//   2. A partition has an owner's number, its generation, raised by each claim(). begin() of a lower one writes
//      nothing: who was replaced while it slept cannot write over its successor.
//   3. finish() writes only where the row still shows the attempt that is finished. So does a late finish of a former
//      owner: it knows what happened, and says so if nobody has tried again since.
//   4. What claim() finds attempting was left by a dead owner: it may have been sent or not.
//   5. The counts of a broadcast are written with the rows they count.

#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/runtime/task.h"
#include "notifier/delivery.h"
#include "notifier/digest.h"

namespace notifier {

struct Position {
  int partition = 0;  // of all lanes: each lane has numbers of its own
  std::int64_t generation = 0;
  std::int64_t next_offset = 0;  // everything before was processed
};

// What is proposed for one row.
struct Proposal {
  DeliveryId id{};
  State state = State::attempting;             // or planned (deferred, collected) or a final one without attempt
  std::string_view reason{};                   // a literal
  std::optional<common::TimePoint> next_at{};  // of planned
  std::optional<DigestKey> digest{};           // of planned: collected for it
  std::uint32_t stranded_attempt = 0;          // of a row that claim() gave: the attempt nobody knows the outcome of
  bool with_history = false;                   // keep each step, for people; failures are kept always
  bool in_broadcast = false;                   // count it
};

struct Begun {
  bool fenced = false;                  // a newer owner has the partition: nothing was written
  std::vector<std::uint32_t> attempts;  // for each proposal: the attempt to make now; 0: none
};

struct Finish {
  DeliveryId id{};
  std::uint32_t attempt = 0;
  Decision decision{};
  std::string reason{};
  bool with_history = false;
  bool in_broadcast = false;
};

struct Stranded {
  DeliveryId id;
  std::uint32_t attempt = 0;
};

struct Claim {
  std::int64_t generation = 0;
  std::int64_t next_offset = 0;    // where to go on; 0 at the very first
  std::vector<Stranded> stranded;  // rows left attempting
};

// How many rows of a broadcast are in each state, and how many attempts had an unknown outcome and were repeated.
struct Tally {
  std::array<std::int64_t, state_count> rows{};
  std::int64_t repeated_in_doubt = 0;

  std::int64_t of(State state) const { return rows[static_cast<std::size_t>(state)]; }
};

struct RowStep {
  common::TimePoint at;
  State state;
  std::uint32_t attempt;
  std::string reason;
};

struct Row {
  DeliveryId id;
  State state;
  std::uint32_t attempt = 0;
  std::string reason{};
  std::optional<common::TimePoint> next_at{};
  std::vector<RowStep> history{};
};

struct DeadLetter {
  std::int64_t id = 0;
  DeliveryId delivery;
  std::uint32_t attempts = 0;
  std::string reason;
  common::TimePoint at;
};

class Ledger {
 public:
  virtual ~Ledger() = default;

  virtual common::Task<common::Result<Claim>> claim(int partition) = 0;
  virtual common::Task<common::Result<Begun>> begin(Position position, std::vector<Proposal> proposals,
                                                    common::TimePoint now) = 0;
  // How many of them were written.
  virtual common::Task<common::Result<std::size_t>> finish(std::vector<Finish> outcomes, common::TimePoint now) = 0;

  // Rows that have been due since before `since`: what was to wake them is lost, by a crash between the ledger and the
  // queue. They are given out once in that time, due `now`.
  virtual common::Task<common::Result<std::vector<DeliveryId>>> overdue(common::TimePoint since, common::TimePoint now,
                                                                        std::size_t limit) = 0;

  virtual common::Task<common::Result<Tally>> tally(NotificationId broadcast) = 0;
  // Of one that is for a single user: all rows, with history.
  virtual common::Task<common::Result<std::vector<Row>>> rows(NotificationId notification) = 0;

  // The newest first, behind id `before`.
  virtual common::Task<common::Result<std::vector<DeadLetter>>> dead_letters(std::size_t limit,
                                                                             std::optional<std::int64_t> before) = 0;
  // Takes it off the list, makes its row retrying and puts it into the outbox. False: there is none with that id.
  virtual common::Task<common::Result<bool>> redrive(std::int64_t dead_letter, common::TimePoint now) = 0;

  // Closes digests that are due: makes their notifications and outbox entries. How many.
  virtual common::Task<common::Result<std::size_t>> close_digests(common::TimePoint now, std::size_t limit) = 0;
  // The notifications that went into a digest.
  virtual common::Task<common::Result<std::vector<NotificationId>>> digest_items(NotificationId digest) = 0;

  // Takes `wanted` from a quota that all workers share (quota.h), at most its chunk(). How long to wait before asking
  // again; zero: they are granted.
  virtual common::Task<common::Result<common::Duration>> take_quota(Channel channel, std::int64_t wanted, bool critical,
                                                                    common::TimePoint now) = 0;
};

}  // namespace notifier
