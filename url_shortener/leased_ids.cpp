#include "url_shortener/leased_ids.h"

#include <exception>
#include <utility>

namespace url_shortener {

using common::Error;
using common::Failure;
using common::Parked;
using common::Result;
using common::Task;

Task<Result<std::uint64_t>> LeasedIds::next() {
  const auto executor = co_await boost::asio::this_coro::executor;
  for (;;) {
    bool mine_to_lease = false;
    {
      const std::lock_guard lock(mutex_);
      if (const auto id = take()) co_return *id;
      if (!leasing_) mine_to_lease = leasing_ = true;
    }
    if (mine_to_lease) co_return share_out(co_await lease());

    Waiter waiter;
    co_await common::park(executor, [&](Parked self) { wait_for_lease(waiter, std::move(self)); });
    if (waiter.error) co_return *waiter.error;
    if (waiter.id) co_return *waiter.id;
    // The block was smaller than the crowd, or the lease ended before we lay down: once more.
  }
}

std::optional<std::uint64_t> LeasedIds::take() {
  if (next_ == end_) return std::nullopt;
  return next_++;
}

// An exception must not leave leasing_ set, or everybody after it would wait for ever.
Task<Result<IdBlock>> LeasedIds::lease() {
  try {
    auto leased = co_await source_.lease(block_size_);
    if (leased && leased->count == 0) co_return Error{Failure::internal, "an empty block of ids"};
    co_return leased;
  } catch (const std::exception& e) {
    co_return Error{Failure::internal, e.what()};
  }
}

// The first id for whoever leased, the next ones for those who wait, the rest for later.
Result<std::uint64_t> LeasedIds::share_out(const Result<IdBlock>& leased) {
  Result<std::uint64_t> mine = leased ? Result<std::uint64_t>(leased->first) : leased.error();
  std::vector<Parked> woken;
  {
    const std::lock_guard lock(mutex_);
    leasing_ = false;
    if (leased) {
      next_ = leased->first + 1;
      end_ = leased->first + leased->count;
    }
    for (Waiter* waiter : std::exchange(waiters_, {})) {
      if (leased) {
        waiter->id = take();
      } else {
        waiter->error = leased.error();
      }
      woken.push_back(*std::exchange(waiter->parked, std::nullopt));
    }
  }
  common::resume(std::move(woken));
  return mine;
}

void LeasedIds::wait_for_lease(Waiter& waiter, Parked self) {
  {
    const std::lock_guard lock(mutex_);
    if (leasing_) {
      waiter.parked.emplace(std::move(self));
      waiters_.push_back(&waiter);
      return;
    }
  }
  std::vector<Parked> one;
  one.push_back(std::move(self));
  common::resume(std::move(one));
}

}  // namespace url_shortener
