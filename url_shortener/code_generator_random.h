// random: n characters from the kernel's generator, and the unique index says whether they were free.
//
// Needs nobody's counter and cannot be guessed, but collides: with m links the next code is taken with
// probability m / 62^n, which for n = 7 reaches 1 % at 35 billion. After three collisions in a row the code
// is a character longer, so that a full space slows creation instead of ending it. Thread-safe if `random` is.

#pragma once

#include <string>

#include "common/random.h"
#include "url_shortener/code_generator.h"

namespace url_shortener {

class CodeGeneratorRandom final : public CodeGenerator {
 public:
  static constexpr unsigned natural_length = 7;
  static constexpr unsigned taken_per_length = 3;

  // `code_length` from 1 to base62::exponent_max. `random` outlives this.
  CodeGeneratorRandom(common::Random& random, unsigned code_length) : random_(random), code_length_(code_length) {}

  common::Task<common::Result<std::string>> next(std::string_view long_url, CodeAttempt attempt) override;

 private:
  common::Random& random_;
  const unsigned code_length_;
};

}  // namespace url_shortener
