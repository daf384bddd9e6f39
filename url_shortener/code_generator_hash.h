// hash: the first n base-62 digits of the URL's SHA-256.
//
// The other answer that everybody gives ("MD5, take seven characters"), and its trap: a URL collides with itself.
// If attempt k always hashes "URL k", the thousandth link of one URL finds 999 codes taken. So two such probes may be
// taken, and from then on chance decides (code_generator_random.h), which also makes codes longer when the space is
// full: the thousandth link of a URL needs three attempts, like the third. A probe that lies on the wrong shard is no
// collision: the next one is tried.
//
// Right when codes should follow from the URL: an import of distinct URLs gives the same codes anywhere, without a
// counter or anybody to ask. It hurts where others know the URL: they can work out its code, and see by asking
// whether anybody has shortened it; and a popular URL costs three inserts a link instead of one. SHA-256 and not
// MD5, because nobody can make URLs of one digest. Of one code they can, with either: that is soon done for 42 bits,
// and costs the server an attempt or two. Thread-safe if `random` is.

#pragma once

#include <string>

#include "common/random.h"
#include "url_shortener/code_generator.h"
#include "url_shortener/code_generator_random.h"

namespace url_shortener {

class CodeGeneratorHash final : public CodeGenerator {
 public:
  static constexpr unsigned natural_length = 7;
  static constexpr unsigned probes = 2;  // that were taken, until chance decides

  // `code_length` from 1 to base62::exponent_max. `random` outlives this.
  CodeGeneratorHash(common::Random& random, unsigned code_length)
      : code_length_(code_length), random_(random, code_length) {}

  common::Task<common::Result<std::string>> next(std::string_view long_url, CodeAttempt attempt) override;

  // Probe number `probe`; it may be a reserved word.
  static std::string code(std::string_view long_url, unsigned probe, unsigned code_length);

 private:
  const unsigned code_length_;
  CodeGeneratorRandom random_;
};

}  // namespace url_shortener
