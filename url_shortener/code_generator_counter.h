// counter: the store's counter in base 62, "0", "1", … "z", "10": the textbook's first answer.
//
// Shortest codes, never a collision among them, two durable writes a link: its number's, and its own. A batch of a
// thousand leases a thousand numbers, all at once, and the store may commit some of them together. And everybody can
// read from a code how many links there are, and walk through all of them. Thread-safe.

#pragma once

#include <string>

#include "url_shortener/code_generator.h"
#include "url_shortener/id_source.h"

namespace url_shortener {

class CodeGeneratorCounter final : public CodeGenerator {
 public:
  static constexpr unsigned natural_length = 1;

  // Codes have at least `code_length` characters, padded with '0'. `ids` outlives this.
  CodeGeneratorCounter(IdSource& ids, unsigned code_length) : ids_(ids), code_length_(code_length) {}

  common::Task<common::Result<std::string>> next(std::string_view long_url, CodeAttempt attempt) override;
  unsigned taken_max() const noexcept override { return taken_max_of_counters; }

 private:
  IdSource& ids_;
  const unsigned code_length_;
};

}  // namespace url_shortener
