// counter: the store's counter in base 62, "0", "1", … "z", "10": the textbook's first answer.
//
// Shortest codes, never a collision among them, two durable writes a link: its number's, and its own. And everybody can
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

  common::Task<common::Result<std::string>> next(std::string_view long_url, unsigned attempt) override;

 private:
  IdSource& ids_;
  const unsigned code_length_;
};

}  // namespace url_shortener
