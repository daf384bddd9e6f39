// key_pool: random keys made beforehand, kept in the store, claimed in batches: "KGS", key generation service.
//
// What it buys over `random` is that collisions are met when keys are made, not when links are created. What it
// costs is a second table as long as that of the links, since a key once given out must be remembered, or it could be
// made again. `permuted_counter` gives the same codes, as far as anybody can see, from one row.
//
//   claim: when a process has fewer than `claim_low` keys left it claims `claim_size`, in the background. A crash loses
//          fewer than claim_size + claim_low.
//   fill:  after a claim the pool is filled up to `pool_size`, in the background, by slices of `slice_size`, so that no
//          creation waits for longer than one. Each process adds one slice too many at most.
//
// A creation waits only when its process has run out of keys: for a claim, and if the pool is empty for a slice that
// its process adds for itself.
// When half of a slice's keys were there before, the next ones are a character longer: the space is filling up.
// Thread-safe if `random` is.

#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/random.h"
#include "url_shortener/code_generator.h"
#include "url_shortener/key_pool.h"
#include "url_shortener/refill.h"

namespace url_shortener {

class CodeGeneratorKeyPool final : public CodeGenerator {
 public:
  static constexpr unsigned natural_length = 7;
  static constexpr std::size_t claim_size = 1'000;
  static constexpr std::size_t claim_low = 500;
  static constexpr std::size_t pool_size = 10'000;
  static constexpr std::size_t slice_size = 1'000;

  // `code_length` from 1 to base62::exponent_max, of the keys that this adds; it hands out what is in the pool.
  // `pool` and `random` outlive this.
  CodeGeneratorKeyPool(KeyPool& pool, common::Random& random, unsigned code_length);

  common::Task<common::Result<std::string>> next(std::string_view long_url, CodeAttempt attempt) override;

 private:
  common::Task<common::Result<>> claim();
  common::Task<common::Result<>> fill();
  std::vector<std::string> new_slice();
  void note_new(std::size_t count);  // so many keys of a slice were new
  std::string take(bool& is_low);    // empty: there is none
  std::size_t left();

  KeyPool& pool_;
  common::Random& random_;
  std::atomic<unsigned> digits_;  // of new keys
  Refill claim_;
  Refill fill_;

  std::mutex mutex_;              // guards keys_; never held across a co_await
  std::deque<std::string> keys_;  // the oldest first
};

}  // namespace url_shortener
