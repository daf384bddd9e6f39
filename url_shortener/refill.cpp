#include "url_shortener/refill.h"

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

namespace url_shortener {

using common::Error;
using common::Failure;
using common::Parked;
using common::Result;
using common::Task;

Task<Result<>> Refill::wait() {
  const auto executor = co_await boost::asio::this_coro::executor;
  if (begin()) co_return co_await fetch();
  Waiter waiter;
  co_await common::park(executor, [&](Parked self) { lie_down(waiter, std::move(self)); });
  co_return waiter.outcome;
}

void Refill::start(common::Executor executor) {
  if (begin()) common::spawn(std::move(executor), name_, fetch_unattended());
}

bool Refill::begin() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(fetching_, true);
}

// An exception must not leave fetching_ set, or everybody after it would wait for ever.
Task<Result<>> Refill::fetch() {
  Result<> outcome;
  try {
    outcome = co_await fetch_();
  } catch (const std::exception& e) {
    outcome = Error{Failure::internal, e.what()};
  }
  end(outcome);
  co_return outcome;
}

Task<void> Refill::fetch_unattended() {
  // A coroutine begins at once, within start(): whoever called that goes first.
  co_await boost::asio::post(co_await boost::asio::this_coro::executor, common::use_task);
  const auto outcome = co_await fetch();
  (void)outcome;  // nobody is short of anything yet; whoever will be, fetches again and is told
}

void Refill::end(const Result<>& outcome) {
  std::vector<Parked> woken;
  {
    const std::lock_guard lock(mutex_);
    fetching_ = false;
    for (Waiter* waiter : std::exchange(waiters_, {})) {
      waiter->outcome = outcome;
      woken.push_back(*std::exchange(waiter->parked, std::nullopt));
    }
  }
  common::resume(std::move(woken));
}

void Refill::lie_down(Waiter& waiter, Parked self) {
  {
    const std::lock_guard lock(mutex_);
    if (fetching_) {
      waiter.parked.emplace(std::move(self));
      waiters_.push_back(&waiter);
      return;
    }
  }
  std::vector<Parked> one;  // the fetch ended before we lay down
  one.push_back(std::move(self));
  common::resume(std::move(one));
}

}  // namespace url_shortener
