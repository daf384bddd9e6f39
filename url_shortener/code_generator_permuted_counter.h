// permuted_counter: a counter's numbers in a secret order (permuted_counter.h).
//
// Neither collides nor tells how many links there are. The counter is leased from the store in blocks of
// 1,000, so one durable write serves a thousand links, and a crash leaves at most that many codes unused. The
// key is made once and kept in the store, since another key would be another order.
//
// All 62^n codes of n characters are used before those of n + 1 begin: with n = 7 after 3.5 trillion links.
// Thread-safe.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "url_shortener/code_generator.h"
#include "url_shortener/leased_ids.h"
#include "url_shortener/permuted_counter.h"

namespace url_shortener {

class CodeGeneratorPermutedCounter final : public CodeGenerator {
 public:
  static constexpr std::uint64_t block_size = 1000;
  static constexpr unsigned natural_length = 7;

  // `code_length` from 1 to base62::exponent_max. `ids` outlives this.
  CodeGeneratorPermutedCounter(IdSource& ids, unsigned code_length);

  common::Task<common::Result<std::string>> next(std::string_view long_url, CodeAttempt attempt) override;

  // The code of the `id`-th link. Empty when all codes of up to base62::exponent_max characters are used.
  static std::string code(SipKey key, unsigned code_length, std::uint64_t id);

 private:
  common::Task<common::Result<SipKey>> key();

  IdSource& source_;
  LeasedIds ids_;
  const unsigned code_length_;
  std::atomic<bool> has_key_ = false;
  std::mutex key_mutex_;  // guards key_ until has_key_
  SipKey key_;
};

}  // namespace url_shortener
