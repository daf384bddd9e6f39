// A worker's other half: attempts are made, outcomes concluded, and what is under way is counted.

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <numeric>

#include "common/log.h"
#include "notifier/fault_points.h"
#include "notifier/worker.h"

namespace notifier {

using common::Task;

namespace {

constexpr std::chrono::milliseconds pause_after_failure{200};
constexpr std::chrono::milliseconds longest_pause{500};  // so that stopping takes no longer

}  // namespace

// Starts what is to be sent, a group for each channel; waits while too many groups are under way.
Task<> Worker::send_batch(Batch batch, std::vector<std::uint32_t> numbers) {
  std::map<Channel, std::vector<Attempt>> groups;
  for (std::size_t i = 0; i < batch.attempts.size(); ++i) {
    Attempt& attempt = batch.attempts[i];
    if (numbers[i] == 0 || !attempt.notification) continue;
    attempt.number = numbers[i];
    groups[attempt.id.channel].push_back(std::move(attempt));
  }
  const int partition = batch.position.partition;
  for (auto& [channel, attempts] : groups) {
    while (under_way() >= options_.under_way_max)
      co_await wait_for_change();
    began(partition);
    if (options_.guarantee == Guarantee::exactly_once) {
      common::spawn(executor_, "send", send_channel(partition, channel, std::move(attempts)));
    } else {
      co_await send_channel(partition, channel, std::move(attempts));
    }
  }
}

Worker::End::~End() {
  worker.ended(partition);
}

Task<> Worker::send_channel(int partition, Channel channel, std::vector<Attempt> attempts) {
  const End end{*this, partition};
  auto outcomes = co_await outcomes_of(channel, attempts);
  faults::reach("worker.after_send");
  if (options_.guarantee != Guarantee::exactly_once) co_return;
  co_await conclude(std::move(outcomes), attempts);
  faults::reach("worker.after_finish");
}

// Of at_least_once: sends all of a batch, again and again what is to be tried again, and notes what became of it. What
// is behind it waits. False: we are stopping, and its messages will come again.
Task<bool> Worker::send_first(Batch& batch) {
  const int partition = batch.position.partition;
  began(partition);
  const End end{*this, partition};
  for (const Channel channel : all_channels) {
    std::vector<Attempt> attempts;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < batch.attempts.size(); ++i) {
      if (!batch.attempts[i].notification || batch.attempts[i].id.channel != channel) continue;
      attempts.push_back(batch.attempts[i]);
      attempts.back().number = 1;
      places.push_back(i);
    }
    while (!attempts.empty()) {
      if (stopping_) co_return false;
      const auto outcomes = co_await outcomes_of(channel, attempts);
      faults::reach("worker.after_send");
      std::vector<Attempt> again;
      std::vector<std::size_t> places_again;
      common::TimePoint next_at{};
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        batch.proposals[places[i]].state = outcomes[i].decision.state;
        if (outcomes[i].decision.state != State::retrying) continue;
        next_at = std::max(next_at, *outcomes[i].decision.next_at);
        ++attempts[i].number;
        again.push_back(std::move(attempts[i]));
        places_again.push_back(places[i]);
      }
      attempts = std::move(again);
      places = std::move(places_again);
      while (!attempts.empty() && !stopping_ && d_.clock.now() < next_at)
        co_await common::sleep_for(std::min<common::Duration>(next_at - d_.clock.now(), longest_pause));
    }
  }
  co_return true;
}

Task<std::vector<Finish>> Worker::outcomes_of(Channel channel, std::vector<Attempt>& attempts) {
  const auto sent = co_await d_.dispatcher.send(channel, attempts);
  std::vector<Finish> outcomes;
  outcomes.reserve(attempts.size());
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    const bool in_broadcast = attempts[i].notification->kind == Kind::broadcast;
    outcomes.push_back(
        {attempts[i].id, attempts[i].number, sent[i].decision, sent[i].outcome.reason, !in_broadcast, in_broadcast});
    if (!sent[i].outcome.address_is_dead) continue;
    const auto suppressed = co_await d_.users.suppress(channel, attempts[i].address, sent[i].outcome.reason);
    if (suppressed.has_error())
      common::log::warn("a dead address was not noted", {{"reason", suppressed.error().message}});
  }
  co_return outcomes;
}

// Until the ledger has it: there is nobody else who knows. A process that ends meanwhile leaves them in doubt.
Task<> Worker::conclude(std::vector<Finish> outcomes, const std::vector<Attempt>& attempts) {
  for (;;) {
    const auto finished = co_await d_.ledger.finish(outcomes, d_.clock.now());
    if (finished.has_value()) break;
    common::log::warn("writing outcomes failed", {{"reason", finished.error().message}});
    co_await common::sleep_for(pause_after_failure);
    if (stopping_) co_return;
  }
  std::vector<Message> again;
  std::vector<Message> dead;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Finish& outcome = outcomes[i];
    if (outcome.decision.state == State::delivered) continue;
    const bool retrying = outcome.decision.state == State::retrying;
    (retrying ? again : dead)
        .push_back({outcome.id.notification, outcome.id.user, only(outcome.id.channel),
                    outcome.decision.next_at.value_or(common::TimePoint{}), attempts[i].traceparent});
  }
  if (!again.empty()) faults::reach("worker.before_retry");
  co_await publish_later(std::move(again));
  if (!dead.empty()) co_await d_.queue.announce_dead(std::move(dead));
}

// What cannot be published now is found by the planner's sweep.
Task<> Worker::publish_later(std::vector<Message> messages) {
  if (messages.empty()) co_return;
  const auto published = co_await d_.queue.publish(Lane::retry, std::move(messages));
  if (published.has_error())
    common::log::warn("repetitions wait for the sweep", {{"reason", published.error().message}});
}

std::size_t Worker::under_way() const {
  return std::accumulate(under_way_.begin(), under_way_.end(), std::size_t{0},
                         [](std::size_t sum, const auto& each) { return sum + each.second; });
}

void Worker::ended(int partition) {
  --under_way_[partition];
  changed_.cancel();
}

Task<> Worker::wait_for_change() {
  boost::system::error_code woken;
  co_await changed_.async_wait(boost::asio::redirect_error(common::use_task, woken));
}

}  // namespace notifier
