#include "notifier/worker.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>

#include "common/log.h"
#include "notifier/fault_points.h"

namespace notifier {

using common::Result;
using common::Task;

namespace {

constexpr std::chrono::milliseconds idle_wait{500};
constexpr std::chrono::milliseconds pause_after_failure{200};

bool has_quota(const std::map<Channel, Quota>& quotas, Channels channels) {
  return std::any_of(quotas.begin(), quotas.end(), [&](const auto& each) { return channels.has(each.first); });
}

}  // namespace

Worker::Worker(Dependencies dependencies, Options options, Lane lane, common::Executor executor)
    : d_(dependencies),
      options_(options),
      lane_(lane),
      executor_(executor),
      changed_(executor, common::Timer::time_point::max()),
      stopped_(executor, common::Timer::time_point::max()) {}

Task<> Worker::run() {
  running_ = true;
  reader_ = d_.queue.reader(lane_, executor_,
                            {.assigned = [this](int partition) { return assigned(partition); },
                             .revoked = [this](int partition) { return revoked(partition); }});
  while (!stopping_) {
    auto received = co_await reader_->take(batch_size(), idle_wait);
    if (received.has_error()) {
      common::log::warn("taking from the queue failed",
                        {{"lane", to_string(lane_)}, {"reason", received.error().message}});
      co_await common::sleep_for(pause_after_failure);
      continue;
    }
    if (!received->empty()) co_await process(std::move(*received));
  }
  while (under_way() > 0)
    co_await wait_for_change();
  co_await reader_->stop();
  running_ = false;
  stopped_.cancel();
}

Task<> Worker::stop() {
  stopping_ = true;
  changed_.cancel();
  while (running_) {
    boost::system::error_code woken;
    co_await stopped_.async_wait(boost::asio::redirect_error(common::use_task, woken));
  }
}

// Of one partition. In parts where a quota asks for that: each is ruled on when its turn has come.
Task<> Worker::process(std::vector<Received> received) {
  faults::reach("worker.after_take");
  const int partition = received.front().partition;
  const auto generation = generations_.find(partition);
  if (generation == generations_.end()) co_return;
  Position position{partition, generation->second, 0};
  std::vector<Message> messages;
  for (const auto& each : received)
    messages.push_back(each.message);
  const std::size_t size = part_size(messages);
  for (std::size_t at = 0; at < messages.size() && !stopping_; at += size) {
    const std::size_t end = std::min(at + size, messages.size());
    const std::vector<Message> part(messages.begin() + static_cast<std::ptrdiff_t>(at),
                                    messages.begin() + static_cast<std::ptrdiff_t>(end));
    position.next_offset = received[end - 1].offset + 1;
    const bool went_on = co_await process_part(part, position);
    if (!went_on) co_return;
  }
}

// Where a quota sets the pace, no more than a second's worth: a partition that is to go is not waited for longer.
std::size_t Worker::batch_size() const {
  auto size = static_cast<double>(options_.batch_max);
  for (const auto& [channel, quota] : d_.quotas)
    size = std::min(size, 1e6 / quota.interval_us());
  return std::max<std::size_t>(1, static_cast<std::size_t>(size));
}

std::size_t Worker::part_size(const std::vector<Message>& messages) const {
  std::size_t size = messages.size();
  for (const auto& [channel, quota] : d_.quotas)
    size = std::min(size, static_cast<std::size_t>(quota.chunk()));
  const bool concerned = std::any_of(messages.begin(), messages.end(),
                                     [&](const auto& each) { return has_quota(d_.quotas, each.channels); });
  return concerned ? std::max<std::size_t>(1, size) : messages.size();
}

// Waits until all of the part may go. False: we are stopping. What is granted is sent at once: nothing else is in its
// way then.
Task<bool> Worker::wait_for_quota(const std::vector<Message>& part) {
  while (!d_.quotas.empty() && under_way() >= options_.under_way_max)
    co_await wait_for_change();
  for (const auto& [channel, quota] : d_.quotas) {
    const Channel wanted_channel = channel;
    const auto wanted =
        std::count_if(part.begin(), part.end(), [&](const auto& each) { return each.channels.has(wanted_channel); });
    while (wanted > 0) {
      if (stopping_) co_return false;
      const auto wait = co_await d_.ledger.take_quota(channel, wanted, lane_ == Lane::critical, d_.clock.now());
      if (wait.has_value() && wait->count() == 0) break;
      const auto pause =
          wait.has_value() ? std::min<common::Duration>(*wait, std::chrono::seconds{1}) : pause_after_failure;
      co_await common::sleep_for(pause);
    }
  }
  co_return true;
}

// False: the partition is not ours any more, or we are stopping.
Task<bool> Worker::process_part(const std::vector<Message>& part, Position position) {
  const bool may_go = co_await wait_for_quota(part);
  if (!may_go) co_return false;
  const auto granted_at = d_.clock.monotonic();
  auto contexts = co_await look_up(part);
  while (contexts.has_error() && !stopping_) {
    common::log::warn("looking up users failed", {{"reason", contexts.error().message}});
    co_await common::sleep_for(pause_after_failure);
    contexts = co_await look_up(part);
  }
  if (contexts.has_error()) co_return false;
  Batch batch;
  batch.position = position;
  for (std::size_t i = 0; i < part.size(); ++i)
    propose(part[i], (*contexts)[i], batch);
  for (auto& attempt : batch.attempts) {  // the witness' log says what a digest holds
    if (!attempt.notification || attempt.notification->kind != Kind::digest) continue;
    auto items = co_await d_.ledger.digest_items(attempt.id.notification);
    if (items.has_value()) attempt.items = std::move(*items);
  }
  if (faults::has(faults::Bug::offset_before_effect)) {
    const auto stored = co_await d_.ledger.begin(position, {}, d_.clock.now());
    if (stored.has_error()) co_return false;
    faults::reach("worker.after_begin");
  }
  Begun begun;
  if (options_.guarantee == Guarantee::at_least_once) {
    const bool all = co_await send_first(batch);
    if (!all) co_return false;
  }
  if (options_.guarantee == Guarantee::at_most_once) {
    for (auto& proposal : batch.proposals) {
      if (proposal.state == State::attempting) proposal.state = State::delivered;
    }
  }
  const bool ours = co_await begin_until_done(position, batch, begun);
  if (!ours) co_return false;
  reader_->processed(position.partition, position.next_offset);
  faults::reach("worker.after_begin");
  co_await publish_later(std::move(batch.deferred));
  if (options_.guarantee == Guarantee::at_least_once) co_return true;
  if (options_.guarantee == Guarantee::at_most_once) begun.attempts.assign(batch.proposals.size(), 1);
  const bool late = std::any_of(d_.quotas.begin(), d_.quotas.end(), [&](const auto& each) {
    return d_.clock.monotonic() - granted_at > each.second.slack();
  });
  if (late) co_await wait_for_quota(part);  // what was granted counts only for a while (quota.h)
  co_await send_batch(std::move(batch), std::move(begun.attempts));
  co_return true;
}

Task<bool> Worker::begin_until_done(const Position& position, const Batch& batch, Begun& begun) {
  for (;;) {
    auto outcome = co_await d_.ledger.begin(position, batch.proposals, d_.clock.now());
    if (outcome.has_value() && !outcome->fenced) {
      begun = std::move(*outcome);
      co_return true;
    }
    // Nobody knows whether it was written: then the rows are stranded, and claiming the partition again finds them.
    const bool doubtful = outcome.has_error() && outcome.error().kind == common::Failure::unknown_outcome;
    if (outcome.has_value() || doubtful) {
      common::log::warn(doubtful ? "a batch is in doubt" : "another worker has the partition",
                        {{"partition", position.partition}});
      generations_.erase(position.partition);
      reader_->restart(position.partition);
      co_return false;
    }
    if (stopping_) co_return false;
    common::log::warn("writing the ledger failed", {{"reason", outcome.error().message}});
    co_await common::sleep_for(pause_after_failure);
  }
}

Task<Result<Worker::Contexts>> Worker::look_up(const std::vector<Message>& messages) {
  std::vector<std::string> ids;
  std::map<NotificationId, std::shared_ptr<const Notification>> known;
  for (const auto& message : messages) {
    ids.push_back(message.user);
    known.emplace(message.notification, nullptr);
  }
  std::vector<NotificationId> collapsible;
  for (auto& [id, notification] : known) {
    auto found = co_await d_.notifications.find(id);
    if (found.has_error()) co_return found.error();
    if (!*found) continue;
    notification = std::make_shared<const Notification>(std::move(**found));
    if (!notification->collapse_key.empty()) collapsible.push_back(id);
  }
  std::vector<NotificationId> superseded;
  if (!collapsible.empty()) {
    auto old = co_await d_.notifications.superseded(std::move(collapsible));
    if (old.has_error()) co_return old.error();
    superseded = std::move(*old);
  }
  auto users = co_await d_.users.find(std::move(ids));
  if (users.has_error()) co_return users.error();
  Contexts contexts(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    contexts[i].notification = known[messages[i].notification];
    contexts[i].user = std::move((*users)[i]);
    contexts[i].superseded =
        std::find(superseded.begin(), superseded.end(), messages[i].notification) != superseded.end();
  }
  co_return contexts;
}

void Worker::propose(const Message& message, const Context& context, Batch& batch) const {
  if (!context.notification) return;  // nobody accepted it
  const Notification& notification = *context.notification;
  const Category& category = category_of(d_.categories, notification.category);
  const KnownUser* const user = context.user ? &*context.user : nullptr;
  const auto now = d_.clock.now();
  for (const Channel channel : all_channels) {
    if (!message.channels.has(channel)) continue;
    Proposal proposal{.id = {notification.id, message.user, channel}};
    proposal.in_broadcast = notification.kind == Kind::broadcast;
    proposal.with_history = !proposal.in_broadcast;
    Attempt attempt{.id = proposal.id};
    const Ruling ruling = rule(notification, category, user, channel, context.superseded, now);
    if (std::holds_alternative<Send>(ruling)) {
      attempt.address = *address_of(user->user, channel);
      attempt.notification = context.notification;
      attempt.traceparent = message.traceparent;
    } else if (const auto* stop = std::get_if<Stop>(&ruling)) {
      proposal.state = stop->state;
      proposal.reason = stop->reason;
    } else if (const auto* defer = std::get_if<Defer>(&ruling)) {
      proposal.state = State::planned;
      proposal.reason = "quiet_hours";
      proposal.next_at = defer->until;
      batch.deferred.push_back({notification.id, message.user, only(channel), defer->until, message.traceparent});
    } else if (const auto* collect = std::get_if<Collect>(&ruling)) {
      proposal.state = State::planned;
      proposal.reason = "digest";
      proposal.digest = DigestKey{message.user, channel, notification.category, window_end(now, collect->window)};
    }
    batch.proposals.push_back(std::move(proposal));
    batch.attempts.push_back(std::move(attempt));
  }
}

}  // namespace notifier
