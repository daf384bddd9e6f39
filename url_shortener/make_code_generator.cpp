#include "url_shortener/make_code_generator.h"

#include <array>
#include <stdexcept>
#include <string>

#include "url_shortener/base62.h"
#include "url_shortener/code_generator_counter.h"
#include "url_shortener/code_generator_counter_block.h"
#include "url_shortener/code_generator_hash.h"
#include "url_shortener/code_generator_key_pool.h"
#include "url_shortener/code_generator_permuted_counter.h"
#include "url_shortener/code_generator_random.h"
#include "url_shortener/code_generator_snowflake.h"

namespace url_shortener {
namespace {

constexpr std::array<CodeGeneratorChoice, 7> choices = {{
    {"permuted_counter", "a counter in a secret order: no collisions, nothing to guess"},
    {"counter", "a counter in base 62: shortest, and readable by everybody"},
    {"counter_block", "that counter, leased by the thousand (range server, hi-lo)"},
    {"snowflake", "time, machine and sequence: no counter, always 10 characters", false},
    {"random", "random characters: no counter needed, collisions are tried again"},
    {"hash", "of the URL, by SHA-256; the second link of a URL gets the next, the third a random one"},
    {"key_pool", "random keys made beforehand (KGS, key generation service)"},
}};

template <class Generator, class... Sources>
std::unique_ptr<CodeGenerator> make(unsigned code_length, Sources&... sources) {
  return std::make_unique<Generator>(sources..., code_length != 0 ? code_length : Generator::natural_length);
}

}  // namespace

std::span<const CodeGeneratorChoice> code_generator_choices() noexcept {
  return choices;
}

std::unique_ptr<CodeGenerator> make_code_generator(std::string_view name, unsigned code_length,
                                                   const CodeSources& sources) {
  if (code_length > base62::exponent_max) {
    throw std::invalid_argument("a code has at most " + std::to_string(base62::exponent_max) + " characters");
  }
  if (name == "permuted_counter") return make<CodeGeneratorPermutedCounter>(code_length, sources.ids);
  if (name == "counter") return make<CodeGeneratorCounter>(code_length, sources.ids);
  if (name == "counter_block") return make<CodeGeneratorCounterBlock>(code_length, sources.ids);
  if (name == "random") return make<CodeGeneratorRandom>(code_length, sources.random);
  if (name == "hash") return make<CodeGeneratorHash>(code_length, sources.random);
  if (name == "key_pool") return make<CodeGeneratorKeyPool>(code_length, sources.key_pool, sources.random);
  if (name == "snowflake") {
    if (code_length != 0) throw std::invalid_argument("a snowflake's code has one length");
    return std::make_unique<CodeGeneratorSnowflake>(sources.machine_ids, sources.clock, sources.random);
  }

  std::string message = "no code generator '" + std::string(name) + "'; there are";
  for (const auto& choice : choices)
    message += ' ' + std::string(choice.name);
  throw std::invalid_argument(message);
}

}  // namespace url_shortener
