#include "url_shortener/leased_ids.h"

namespace url_shortener {

using common::Error;
using common::Failure;
using common::Result;
using common::Task;

LeasedIds::LeasedIds(IdSource& source, std::uint64_t block_size)
    : source_(source), block_size_(block_size), refill_("lease ids", [this] { return lease(); }) {}

Task<Result<std::uint64_t>> LeasedIds::next() {
  for (;;) {
    if (const auto id = take()) co_return *id;
    const auto leased = co_await refill_.wait();
    if (leased.has_error()) co_return leased.error();
  }
}

Task<Result<>> LeasedIds::lease() {
  if (!empty()) co_return Result<>{};
  const auto leased = co_await source_.lease(block_size_);
  if (leased.has_error()) co_return leased.error();
  if (leased->count == 0) co_return Error{Failure::internal, "an empty block of ids"};
  const std::lock_guard lock(mutex_);
  next_ = leased->first;
  end_ = leased->first + leased->count;
  co_return Result<>{};
}

std::optional<std::uint64_t> LeasedIds::take() {
  const std::lock_guard lock(mutex_);
  if (next_ == end_) return std::nullopt;
  return next_++;
}

bool LeasedIds::empty() {
  const std::lock_guard lock(mutex_);
  return next_ == end_;
}

}  // namespace url_shortener
