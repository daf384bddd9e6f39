#include "url_shortener/code_generator_random.h"

#include <algorithm>

#include "url_shortener/base62.h"
#include "url_shortener/reserved.h"

namespace url_shortener {

common::Task<common::Result<std::string>> CodeGeneratorRandom::next(std::string_view, CodeAttempt attempt) {
  const unsigned digits = std::min(code_length_ + attempt.taken / taken_per_length, base62::exponent_max);
  for (;;) {
    auto code = base62::encode(random_.below(base62::power(digits)), digits);
    if (!is_reserved(code)) co_return code;
  }
}

}  // namespace url_shortener
