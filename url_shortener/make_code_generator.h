// The one place that knows every code generator: from the name after --codes to the object.

#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "common/clock.h"
#include "common/random.h"
#include "url_shortener/code_generator.h"
#include "url_shortener/id_source.h"
#include "url_shortener/key_pool.h"
#include "url_shortener/machine_ids.h"

namespace url_shortener {

struct CodeGeneratorChoice {
  std::string_view name;         // as in --codes, the file name, the benchmark row
  std::string_view description;  // one line, for --help
  bool has_length = true;        // whether --code-length means anything to it
};

// All of them; the first is the default.
std::span<const CodeGeneratorChoice> code_generator_choices() noexcept;

// What codes can be made from; each generator takes what it needs. All outlive it. `random` must be unpredictable and
// thread-safe (SecureRandom) outside of tests.
struct CodeSources {
  IdSource& ids;
  MachineIds& machine_ids;
  KeyPool& key_pool;
  common::Random& random;
  const common::Clock& clock;
};

// `code_length` 0 is the generator's natural length.
// Throws std::invalid_argument for an unknown name, listing the choices, for a length above 10, and for a length that
// the generator does not have.
std::unique_ptr<CodeGenerator> make_code_generator(std::string_view name, unsigned code_length,
                                                   const CodeSources& sources);

}  // namespace url_shortener
