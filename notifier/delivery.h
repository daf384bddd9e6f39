// The life of one (notification, user, channel), and who may change it into what. Pure.
//
//                         ┌──────────────── suppressed, expired, cancelled
//   (nothing) ──▶ planned ┤                 ┌── delivered
//                         └──▶ attempting ──┼── failed
//                               ▲    │      └── retrying ──▶ attempting, suppressed, expired, cancelled
//                               │    └ crash ── ambiguous ──▶ (retry) attempting
//                               └───────────────────┘
//
//   1. `attempting` is written, and durable, before the network call. So whatever a crash finds there may have been
//      sent or not, nobody can say: it becomes `ambiguous`. Whatever it finds elsewhere is certain.
//   2. delivered, failed, suppressed, expired and cancelled are for ever. So is ambiguous where its channel's policy
//      says drop. Only a person's redrive takes a failed or dropped one back to attempting.
//   3. An attempt has a number, counted from 1. Its outcome is written only while the row still shows that number:
//      whoever comes late, from before a crash, changes nothing.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/random.h"
#include "common/resilience/backoff.h"
#include "notifier/notification.h"

namespace notifier {

enum class State : std::uint8_t {
  planned,
  attempting,
  delivered,
  retrying,
  failed,
  suppressed,
  expired,
  cancelled,
  ambiguous
};
inline constexpr std::size_t state_count = 9;

std::string_view to_string(State state) noexcept;

constexpr bool is_final(State state) noexcept {
  return state != State::planned && state != State::attempting && state != State::retrying;
}

// Whether a row may go from the one to the other; ambiguous → attempting is the retry policy, failed → attempting a
// redrive.
bool may_follow(State from, State to) noexcept;

// One row of the ledger's key.
struct DeliveryId {
  NotificationId notification = 0;
  std::string user;
  Channel channel = Channel::email;

  bool operator==(const DeliveryId&) const = default;
};

// What a provider said. Definite means that we know: it was taken, or it was not.
struct Outcome {
  enum class Kind : std::uint8_t {
    accepted,   // the provider has it
    rejected,   // definitely not, and trying again is no use
    deferred,   // definitely not now: try later, or elsewhere
    uncertain,  // sent, and no answer came: it may have it
  };
  Kind kind = Kind::accepted;
  std::string reason{};                           // "smtp 550 5.1.1": for people
  std::optional<common::Duration> retry_after{};  // what the provider asked for
  bool address_is_dead = false;                   // the token or mailbox does not exist: never use it again
};

enum class AmbiguousPolicy : std::uint8_t { retry, drop };

struct RetryPolicy {
  std::uint32_t attempts_max = 8;  // the first included
  common::Backoff backoff{.base = std::chrono::seconds{1}, .cap = std::chrono::minutes{10}};
  AmbiguousPolicy ambiguous = AmbiguousPolicy::retry;
};

struct Decision {
  State state = State::delivered;
  std::optional<common::TimePoint> next_at{};  // of retrying
};

// What becomes of attempt number `attempt` with this outcome. The wait is drawn with full jitter, and never shorter
// than what the provider asked for.
Decision decide(const Outcome& outcome, std::uint32_t attempt, const RetryPolicy& policy, common::TimePoint now,
                common::Random& random);

}  // namespace notifier
