#include "url_shortener/code_generator_key_pool.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <iterator>
#include <utility>
#include <vector>

#include "url_shortener/base62.h"
#include "url_shortener/reserved.h"

namespace url_shortener {

using common::Result;
using common::Task;

CodeGeneratorKeyPool::CodeGeneratorKeyPool(KeyPool& pool, common::Random& random, unsigned code_length)
    : pool_(pool),
      random_(random),
      digits_(code_length),
      claim_("claim keys", [this] { return claim(); }),
      fill_("fill the key pool", [this] { return fill(); }) {}

Task<Result<std::string>> CodeGeneratorKeyPool::next(std::string_view, CodeAttempt) {
  for (;;) {
    bool is_low = false;
    auto key = take(is_low);
    if (key.empty()) {
      const auto claimed = co_await claim_.wait();
      if (claimed.has_error()) co_return claimed.error();
      continue;
    }
    if (is_low) claim_.start(co_await boost::asio::this_coro::executor);
    if (!is_reserved(key)) co_return key;
  }
}

std::string CodeGeneratorKeyPool::take(bool& is_low) {
  const std::lock_guard lock(mutex_);
  if (keys_.empty()) return {};
  auto key = std::move(keys_.front());
  keys_.pop_front();
  is_low = keys_.size() < claim_low;
  return key;
}

std::size_t CodeGeneratorKeyPool::left() {
  const std::lock_guard lock(mutex_);
  return keys_.size();
}

Task<Result<>> CodeGeneratorKeyPool::claim() {
  if (left() >= claim_low) co_return Result<>{};
  auto claimed = co_await pool_.claim(claim_size);
  // The pool is empty. A slice added to it would be gone before it could be claimed: others are short of keys as well.
  while (claimed.has_value() && claimed->empty()) {
    claimed = co_await pool_.add_claimed(new_slice());
    if (claimed.has_value()) note_new(claimed->size());
  }
  if (claimed.has_error()) co_return claimed.error();
  fill_.start(co_await boost::asio::this_coro::executor);
  const std::lock_guard lock(mutex_);
  std::move(claimed->begin(), claimed->end(), std::back_inserter(keys_));
  co_return Result<>{};
}

Task<Result<>> CodeGeneratorKeyPool::fill() {
  constexpr std::size_t slices_max = 2 * pool_size / slice_size;  // a space that is full adds few keys a slice
  for (std::size_t slices = 0; slices < slices_max; ++slices) {
    const auto size = co_await pool_.size();
    if (size.has_error()) co_return size.error();
    if (*size >= pool_size) break;
    const auto added = co_await pool_.add(new_slice());
    if (added.has_error()) co_return added.error();
    note_new(*added);
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, common::use_task);  // others' turn
  }
  co_return Result<>{};
}

std::vector<std::string> CodeGeneratorKeyPool::new_slice() {
  const unsigned digits = digits_;
  std::vector<std::string> keys;
  keys.reserve(slice_size);
  while (keys.size() < slice_size)
    keys.push_back(base62::encode(random_.below(base62::power(digits)), digits));
  return keys;
}

void CodeGeneratorKeyPool::note_new(std::size_t count) {
  if (count < slice_size / 2) digits_ = std::min(digits_ + 1, base62::exponent_max);
}

}  // namespace url_shortener
