#include "url_shortener/make_code_generator.h"

#include <array>
#include <stdexcept>
#include <string>

#include "url_shortener/base62.h"
#include "url_shortener/code_generator_counter.h"
#include "url_shortener/code_generator_permuted_counter.h"
#include "url_shortener/code_generator_random.h"

namespace url_shortener {
namespace {

constexpr std::array<CodeGeneratorChoice, 3> choices = {{
    {"permuted_counter", "a counter in a secret order: no collisions, nothing to guess"},
    {"counter", "a counter in base 62: shortest, and readable by everybody"},
    {"random", "random characters: no counter needed, collisions are tried again"},
}};

template <class Generator, class Source>
std::unique_ptr<CodeGenerator> make(Source& source, unsigned code_length) {
  return std::make_unique<Generator>(source, code_length != 0 ? code_length : Generator::natural_length);
}

}  // namespace

std::span<const CodeGeneratorChoice> code_generator_choices() noexcept {
  return choices;
}

std::unique_ptr<CodeGenerator> make_code_generator(std::string_view name, unsigned code_length, IdSource& ids,
                                                   common::Random& random) {
  if (code_length > base62::exponent_max) {
    throw std::invalid_argument("a code has at most " + std::to_string(base62::exponent_max) + " characters");
  }
  if (name == "permuted_counter") return make<CodeGeneratorPermutedCounter>(ids, code_length);
  if (name == "counter") return make<CodeGeneratorCounter>(ids, code_length);
  if (name == "random") return make<CodeGeneratorRandom>(random, code_length);

  std::string message = "no code generator '" + std::string(name) + "'; there are";
  for (const auto& choice : choices)
    message += ' ' + std::string(choice.name);
  throw std::invalid_argument(message);
}

}  // namespace url_shortener
