#include "cache_aside/flights.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace cache_aside {

using common::Task;

Task<Flights::Landed> Flights::fly(std::string name, Join join, common::Duration patience, Load load) {
  const common::Executor executor = co_await common::asio::this_coro::executor;
  const auto waiter = std::make_shared<Waiter>(executor, patience);
  bool begins = false;
  bool coalesced = true;
  {
    const std::lock_guard lock(mutex_);
    const auto found = flights_.find(name);
    if (found == flights_.end()) {
      flights_.emplace(name, executor).first->second.waiters.push_back(waiter);
      begins = true;
      coalesced = false;
    } else if (join == Join::current) {
      found->second.waiters.push_back(waiter);
    } else {
      coalesced = !found->second.next_waiters.empty();
      found->second.next_waiters.push_back(waiter);
      if (!coalesced) {
        found->second.next = std::move(load);
        found->second.next_executor = executor;
      }
    }
  }
  if (begins) common::spawn(executor, "load", run(name, std::move(load)));
  boost::system::error_code woken;
  co_await waiter->timer.async_wait(common::asio::redirect_error(common::use_task, woken));
  const common::Error late{common::Failure::timed_out, "the load took too long"};
  Landed landed{waiter->outcome ? std::move(*waiter->outcome) : Outcome(late), coalesced};
  co_return landed;
}

bool Flights::begin(common::Executor executor, const std::string& name, Load load) {
  {
    const std::lock_guard lock(mutex_);
    if (!flights_.try_emplace(name, executor).second) return false;
  }
  common::spawn(executor, "load", run(name, std::move(load)));
  return true;
}

Task<> Flights::run(std::string name, Load load) {
  Outcome outcome = common::Error{common::Failure::internal, "a load threw"};
  std::exception_ptr thrown;
  try {
    outcome = co_await load();
  } catch (...) {
    thrown = std::current_exception();
  }
  std::vector<std::shared_ptr<Waiter>> waiters;
  Load next;
  std::optional<common::Executor> next_executor;
  {
    const std::lock_guard lock(mutex_);
    const auto found = flights_.find(name);
    Flight& flight = found->second;
    waiters = std::move(flight.waiters);
    if (flight.next) {
      next = std::move(flight.next);
      next_executor = flight.next_executor;
      flight.next = nullptr;
      flight.waiters = std::move(flight.next_waiters);
      flight.next_waiters.clear();
    } else {
      flights_.erase(found);
    }
  }
  for (auto& waiter : waiters) {
    const common::Executor executor = waiter->executor;
    common::asio::post(executor, [waiter = std::move(waiter), outcome] {
      waiter->outcome = outcome;
      waiter->timer.cancel();
    });
  }
  if (next) common::spawn(*next_executor, "load", run(std::move(name), std::move(next)));
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace cache_aside
