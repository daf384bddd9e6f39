// The places where a crash is interesting, and four famous mistakes: what tests switch on. Here nothing does.
//
// Each place is named, and passed by `reach`. A test's program (tests/notifier_faulty) installs a hook that ends the
// process at one of them, as kill -9 would. Without a hook it costs a load and a branch. The hook is installed before
// threads start and never changed.

#pragma once

#include <array>
#include <string_view>

namespace notifier::faults {

inline constexpr std::array<std::string_view, 15> points = {
    "accept.before_commit",  // the request is valid, nothing is written
    "accept.after_commit",   // durable, and not answered
    "relay.before_publish",  // claimed from the outbox
    "relay.after_publish",   // in the queue, the outbox does not know
    "plan.before_publish",   // a page was read
    "plan.after_publish",    // in the queue, no checkpoint
    "plan.after_checkpoint",
    "worker.after_claim",   // a partition is ours
    "worker.after_take",    // messages at hand, nothing written
    "worker.after_begin",   // `attempting` is durable, nothing sent
    "worker.after_send",    // the provider has it, the ledger does not know
    "worker.after_finish",  // the ledger knows
    "worker.before_retry",  // the ledger says when to try again, the queue does not know
    "digest.after_close",   // the digest is in the outbox
    "sink.after_append",    // the witness wrote it down and did not answer
};

enum class Bug {
  none,
  offset_before_effect,  // the offset is stored before what it stands for
  fence_before_drain,    // a partition is given up with work still under way, which then is done twice
  no_unique_key,         // the ledger takes a row twice
  digest_merge,          // closing a digest is two steps, and the second knows not whose first it follows
};

inline void (*hook)(std::string_view point) = nullptr;
inline Bug bug = Bug::none;

inline void reach(std::string_view point) {
  if (hook) [[unlikely]]
    hook(point);
}

inline bool has(Bug which) noexcept {
  return bug == which;
}

}  // namespace notifier::faults
