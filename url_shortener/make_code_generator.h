// The one place that knows every code generator: from the name after --codes to the object.

#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "common/random.h"
#include "url_shortener/code_generator.h"
#include "url_shortener/id_source.h"

namespace url_shortener {

struct CodeGeneratorChoice {
  std::string_view name;         // as in --codes, the file name, the benchmark row
  std::string_view description;  // one line, for --help
};

// All of them; the first is the default.
std::span<const CodeGeneratorChoice> code_generator_choices() noexcept;

// `code_length` 0 is the generator's natural length. `ids` and `random` outlive the generator; `random` must be
// unpredictable and thread-safe (SecureRandom) outside of tests.
// Throws std::invalid_argument for an unknown name, listing the choices, and for a length above 10.
std::unique_ptr<CodeGenerator> make_code_generator(std::string_view name, unsigned code_length, IdSource& ids,
                                                   common::Random& random);

}  // namespace url_shortener
