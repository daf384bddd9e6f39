// A worker's partitions: what they bring along when they come, and what has to be over when they go.

#include <algorithm>

#include "common/log.h"
#include "notifier/fault_points.h"
#include "notifier/worker.h"

namespace notifier {

using common::Result;
using common::Task;

Task<Result<std::int64_t>> Worker::assigned(int partition) {
  const auto claim = co_await d_.ledger.claim(partition);
  if (claim.has_error()) co_return claim.error();
  faults::reach("worker.after_claim");
  generations_[partition] = claim->generation;
  const auto taken_over = co_await take_over(partition, *claim);
  if (taken_over.has_error()) co_return taken_over.error();
  co_return claim->next_offset;
}

Task<> Worker::revoked(int partition) {
  if (!faults::has(faults::Bug::fence_before_drain)) {
    while (under_way_[partition] > 0)
      co_await wait_for_change();
  }
  generations_.erase(partition);
}

// What is sent again is sent within the quota, like everything else.
Task<Result<void>> Worker::take_over(int partition, const Claim& claim) {
  if (claim.stranded.empty()) co_return Result<void>{};
  common::log::warn("rows of a dead worker taken over", {{"partition", partition}, {"rows", claim.stranded.size()}});
  std::vector<Message> messages;
  for (const auto& [id, attempt] : claim.stranded)
    messages.push_back({.notification = id.notification, .user = id.user, .channels = only(id.channel)});
  const Position position{partition, claim.generation, claim.next_offset};
  const std::size_t size = part_size(messages);
  for (std::size_t at = 0; at < messages.size(); at += size) {
    const auto begin = static_cast<std::ptrdiff_t>(at);
    const auto end = static_cast<std::ptrdiff_t>(std::min(at + size, messages.size()));
    const std::vector<Message> part(messages.begin() + begin, messages.begin() + end);
    const bool may_go = co_await wait_for_quota(part);
    if (!may_go) co_return Result<void>{};  // we are stopping: they are the next owner's
    const std::vector<Stranded> stranded(claim.stranded.begin() + begin, claim.stranded.begin() + end);
    const auto taken = co_await take_over_part(position, stranded);
    if (taken.has_error()) co_return taken.error();
  }
  co_return Result<void>{};
}

Task<Result<void>> Worker::take_over_part(Position position, const std::vector<Stranded>& part) {
  std::vector<Message> messages;
  for (const auto& [id, attempt] : part)
    messages.push_back({.notification = id.notification, .user = id.user, .channels = only(id.channel)});
  const auto contexts = co_await look_up(messages);
  if (contexts.has_error()) co_return contexts.error();
  Batch batch;
  batch.position = position;
  std::vector<Finish> given_up;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const auto& [id, attempt] = part[i];
    const Context& context = (*contexts)[i];
    if (!context.notification) continue;
    const bool in_broadcast = context.notification->kind == Kind::broadcast;
    const auto address = context.user ? address_of(context.user->user, id.channel) : std::nullopt;
    const auto& policy = d_.dispatcher.policy(id.channel);
    if (policy.ambiguous == AmbiguousPolicy::drop || !address || attempt >= policy.attempts_max) {
      given_up.push_back({id, attempt, {State::ambiguous}, "its worker died", !in_broadcast, in_broadcast});
      continue;
    }
    batch.proposals.push_back(
        {.id = id, .stranded_attempt = attempt, .with_history = !in_broadcast, .in_broadcast = in_broadcast});
    batch.attempts.push_back({.id = id, .address = *address, .notification = context.notification});
  }
  if (!given_up.empty()) {
    const auto finished = co_await d_.ledger.finish(std::move(given_up), d_.clock.now());
    if (finished.has_error()) co_return finished.error();
  }
  auto begun = co_await d_.ledger.begin(batch.position, batch.proposals, d_.clock.now());
  if (begun.has_error()) co_return begun.error();
  if (!begun->fenced) co_await send_batch(std::move(batch), std::move(begun->attempts));
  co_return Result<void>{};
}

}  // namespace notifier
