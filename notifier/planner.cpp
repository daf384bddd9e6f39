#include "notifier/planner.h"

#include <boost/asio/redirect_error.hpp>
#include <map>

#include "common/log.h"
#include "notifier/fault_points.h"

namespace notifier {

using common::Result;
using common::Task;

namespace {

constexpr std::size_t relay_max = 500;
constexpr std::size_t digests_max = 500;
constexpr std::size_t sweep_max = 1000;
constexpr std::chrono::milliseconds pause_after_failure{500};

}  // namespace

Planner::Planner(Dependencies dependencies, Options options, common::Executor executor)
    : d_(dependencies), options_(options), executor_(executor), ended_(executor, common::Timer::time_point::max()) {}

void Planner::start(common::Runtime& runtime) {
  runtime.on_shut_down("finish planning", [this] { return stop(); });
  running_ = 4;
  common::spawn(executor_, "relay", repeat("relay", &Planner::relay, options_.look_every));
  common::spawn(executor_, "broadcasts", repeat("broadcasts", &Planner::plan_broadcast, options_.look_every));
  common::spawn(executor_, "digests", repeat("digests", &Planner::close_digests, options_.look_every * 5));
  common::spawn(executor_, "sweep", repeat("sweep", &Planner::sweep, std::chrono::seconds{1}));
}

Task<> Planner::stop() {
  stopping_ = true;
  while (running_ > 0) {
    boost::system::error_code woken;
    co_await ended_.async_wait(boost::asio::redirect_error(common::use_task, woken));
  }
}

Task<> Planner::repeat(std::string_view name, Step step, std::chrono::milliseconds pause) {
  while (!stopping_) {
    const auto worked = co_await (this->*step)();
    if (worked.has_error()) {
      common::log::warn("planning failed, and will be tried again",
                        {{"step", name}, {"reason", worked.error().message}});
      co_await common::sleep_for(pause_after_failure);
    } else if (!*worked) {
      co_await common::sleep_for(pause);
    }
  }
  --running_;
  ended_.cancel();
}

Task<Result<bool>> Planner::relay() {
  auto entries = co_await d_.notifications.take(false, relay_max, d_.clock.now(), options_.lease);
  if (entries.has_error()) co_return entries.error();
  if (entries->empty()) co_return false;
  std::map<Lane, std::vector<Message>> lanes;
  for (const auto& entry : *entries) {
    const auto found = co_await d_.notifications.find(entry.notification);
    if (found.has_error()) co_return found.error();
    if (!*found) continue;
    const Notification& notification = **found;
    const bool redriven = !entry.user.empty();
    const Lane lane = redriven ? Lane::retry : lane_of(notification.priority);
    lanes[lane].push_back({.notification = notification.id,
                           .user = redriven ? entry.user : notification.audience.name,
                           .channels = redriven ? entry.channels : notification.channels,
                           .not_before = {},
                           .traceparent = notification.traceparent});
  }
  faults::reach("relay.before_publish");
  for (auto& [lane, messages] : lanes) {  // the critical lane first
    const auto published = co_await d_.queue.publish(lane, std::move(messages));
    if (published.has_value()) continue;
    const auto back = co_await d_.notifications.put_back(std::move(*entries), d_.clock.now() + pause_after_failure);
    if (back.has_error()) co_return back.error();
    co_return published.error();
  }
  faults::reach("relay.after_publish");
  const auto done = co_await d_.notifications.done(std::move(*entries));
  if (done.has_error()) co_return done.error();
  co_return true;
}

Task<Result<bool>> Planner::plan_broadcast() {
  auto entries = co_await d_.notifications.take(true, 1, d_.clock.now(), options_.lease);
  if (entries.has_error()) co_return entries.error();
  if (entries->empty()) co_return false;
  const OutboxEntry entry = entries->front();
  const auto planned = co_await plan_pages(entry);
  if (planned.has_value()) co_return true;
  const auto back = co_await d_.notifications.put_back(std::move(*entries), d_.clock.now() + pause_after_failure);
  if (back.has_error()) co_return back.error();
  co_return planned.error();
}

Task<Result<void>> Planner::plan_pages(OutboxEntry entry) {
  const auto first = co_await d_.notifications.find(entry.notification);
  if (first.has_error()) co_return first.error();
  const Notification broadcast = first->value();
  if (entry.cursor.empty()) {
    const auto audience = co_await d_.users.count(broadcast.audience);
    if (audience.has_error()) co_return audience.error();
    const auto begun = co_await d_.notifications.begin_plan(broadcast.id, *audience);
    if (begun.has_error()) co_return begun.error();
  }
  const std::string trace = options_.traced ? broadcast.traceparent : "";
  for (bool last = false; !last && !stopping_;) {
    const auto page = co_await d_.users.page(broadcast.audience, entry.cursor, options_.page);
    if (page.has_error()) co_return page.error();
    faults::reach("plan.before_publish");
    std::vector<Message> messages;
    messages.reserve(page->size());
    for (const auto& user : *page) {
      messages.push_back({.notification = broadcast.id,
                          .user = user,
                          .channels = broadcast.channels,
                          .not_before = {},
                          .traceparent = trace});
    }
    const auto published = co_await d_.queue.publish(lane_of(broadcast.priority), std::move(messages));
    if (published.has_error()) co_return published.error();
    faults::reach("plan.after_publish");
    last = page->size() < options_.page;
    const std::string cursor = page->empty() ? entry.cursor : page->back();
    const auto planned = static_cast<std::int64_t>(page->size()) * broadcast.channels.count();
    const auto kept =
        co_await d_.notifications.checkpoint(entry, cursor, planned, last, d_.clock.now() + options_.lease);
    if (kept.has_error()) co_return kept.error();
    if (!*kept) co_return Result<void>{};  // cancelled, or another planner goes on
    faults::reach("plan.after_checkpoint");
    entry.cursor = cursor;
  }
  co_return Result<void>{};
}

Task<Result<bool>> Planner::close_digests() {
  const auto closed = co_await d_.ledger.close_digests(d_.clock.now(), digests_max);
  if (closed.has_error()) co_return closed.error();
  co_return *closed > 0;
}

Task<Result<bool>> Planner::sweep() {
  const auto now = d_.clock.now();
  const auto overdue = co_await d_.ledger.overdue(now - options_.overdue_after, now, sweep_max);
  if (overdue.has_error()) co_return overdue.error();
  if (overdue->empty()) co_return false;
  std::vector<Message> messages;
  for (const auto& id : *overdue)
    messages.push_back({.notification = id.notification, .user = id.user, .channels = only(id.channel)});
  const auto published = co_await d_.queue.publish(Lane::retry, std::move(messages));
  if (published.has_error()) co_return published.error();
  co_return overdue->size() == sweep_max;
}

}  // namespace notifier
