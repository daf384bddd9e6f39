#include "url_shortener/code_generator_hash.h"

#include "common/digest.h"
#include "url_shortener/base62.h"
#include "url_shortener/reserved.h"

namespace url_shortener {

common::Task<common::Result<std::string>> CodeGeneratorHash::next(std::string_view long_url, CodeAttempt attempt) {
  if (attempt.taken < probes) {
    for (unsigned probe = attempt.drawn;; ++probe) {
      auto proposed = code(long_url, probe, code_length_);
      if (!is_reserved(proposed)) co_return proposed;
    }
  }
  const CodeAttempt rest = attempt.taken - probes;
  co_return co_await random_.next(long_url, rest);
}

// The digest is a fraction between 0 and 1, and its digits are those behind the point. The first 64 bits are enough for
// the ten digits that a code may have.
std::string CodeGeneratorHash::code(std::string_view long_url, unsigned probe, unsigned code_length) {
  std::string message(long_url);
  if (probe > 0) message += ' ' + std::to_string(probe);  // no URL has a space
  const std::string digest = common::sha256(message);
  std::uint64_t fraction = 0;
  for (std::size_t i = 0; i < sizeof fraction; ++i)
    fraction = fraction << 8 | static_cast<unsigned char>(digest[i]);
  __extension__ using Wide = unsigned __int128;
  const auto number = static_cast<std::uint64_t>(Wide{fraction} * base62::power(code_length) >> 64);
  return base62::encode(number, code_length);
}

}  // namespace url_shortener
