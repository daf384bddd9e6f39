#include "url_shortener/code_generator_permuted_counter.h"

#include "url_shortener/base62.h"
#include "url_shortener/reserved.h"

namespace url_shortener {
namespace {

std::uint64_t word(std::string_view bytes) noexcept {
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < 8; ++i)
    result |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << 8 * i;
  return result;
}

}  // namespace

using common::Error;
using common::Failure;
using common::Result;
using common::Task;

CodeGeneratorPermutedCounter::CodeGeneratorPermutedCounter(IdSource& ids, unsigned code_length)
    : source_(ids), ids_(ids, block_size), code_length_(code_length) {}

std::string CodeGeneratorPermutedCounter::code(SipKey key, unsigned code_length, std::uint64_t id) {
  for (unsigned digits = code_length; digits <= base62::exponent_max; ++digits) {
    const PermutedCounter permuted(key, digits);
    if (id < permuted.size()) return base62::encode(permuted.permute(id), digits);
    id -= permuted.size();
  }
  return {};
}

Task<Result<std::string>> CodeGeneratorPermutedCounter::next(std::string_view, CodeAttempt) {
  const auto secret = co_await key();
  if (!secret) co_return secret.error();
  for (;;) {
    const auto id = co_await ids_.next();
    if (!id) co_return id.error();
    auto proposed = code(*secret, code_length_, *id);
    if (proposed.empty()) co_return Error{Failure::internal, "all codes are used"};
    if (!is_reserved(proposed)) co_return proposed;
  }
}

// Asked of the store until the first answer. A few may ask at once at the start, and all get the same.
Task<Result<SipKey>> CodeGeneratorPermutedCounter::key() {
  if (has_key_.load(std::memory_order_acquire)) co_return key_;
  const auto bytes = co_await source_.permutation_key();
  if (!bytes) co_return bytes.error();
  if (bytes->size() != 16) co_return Error{Failure::internal, "the permutation key is not 16 bytes"};
  const SipKey found{word(*bytes), word(std::string_view(*bytes).substr(8))};
  const std::lock_guard lock(key_mutex_);
  if (!has_key_.load(std::memory_order_relaxed)) {
    key_ = found;
    has_key_.store(true, std::memory_order_release);
  }
  co_return found;
}

}  // namespace url_shortener
