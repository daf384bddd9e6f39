// How often a new code is taken already: the birthday bound, measured. 100,000 links with codes of
// four digits fill less than 1 % of the space, and yet random codes and hashes meet by the
// hundred; a permuted counter's never do.

#include <boost/asio/io_context.hpp>
#include <cmath>
#include <stdexcept>
#include <string>
#include <unordered_set>

#include "bench/core/environment.h"
#include "bench/url_shortener_bench.h"
#include "common/random.h"
#include "url_shortener/base62.h"
#include "url_shortener/id_source_memory.h"
#include "url_shortener/key_pool_memory.h"
#include "url_shortener/machine_ids_memory.h"
#include "url_shortener/make_code_generator.h"

namespace bench::url_shortener_bench {
namespace {

constexpr unsigned digits = 4;
constexpr std::uint64_t links = 100'000;

// How many of n values drawn at random from N are expected to have been drawn before.
double expected_repeats(double n, double space) {
  return n + space * std::expm1(n * std::log1p(-1 / space));
}

// Each round begins with an empty database and makes all links.
class Collisions final : public Subject {
 public:
  explicit Collisions(std::string name) : name_(std::move(name)) {}

  Sample measure(const Round&) override {
    url_shortener::IdSourceMemory ids;
    url_shortener::MachineIdsMemory machine_ids;
    url_shortener::KeyPoolMemory key_pool;
    const common::SystemClock clock;
    const auto generator =
        url_shortener::make_code_generator(name_, digits, {ids, machine_ids, key_pool, random_, clock});
    std::unordered_set<std::string> codes;
    boost::asio::io_context context(1);
    common::spawn(context.get_executor(), "codes", generate(*generator, codes));
    context.run();
    Sample sample;
    sample.values["taken"] = taken_;
    return sample;
  }

 private:
  common::Task<void> generate(url_shortener::CodeGenerator& generator, std::unordered_set<std::string>& codes) {
    taken_ = 0;
    const std::string site = "https://example.com/" + std::to_string(random_.next()) + "/";  // other hashes each round
    for (std::uint64_t i = 0; i < links; ++i) {
      const std::string url = site + std::to_string(i);
      auto code = co_await generator.next(url, 0);
      if (code.has_error()) throw std::runtime_error(code.error().message);
      taken_ += codes.insert(std::move(*code)).second ? 0 : 1;
    }
  }

  std::string name_;
  common::SecureRandom random_;
  double taken_ = 0;
};

}  // namespace

Comparison collisions() {
  Comparison comparison;
  comparison.id = "url_shortener/collisions";
  comparison.question = "How many of 100,000 new codes of four digits are taken already?";
  comparison.metrics = {{.id = "taken", .heading = "taken", .unit = "codes taken of 100,000", .decimals = 0}};
  const auto space = static_cast<double>(url_shortener::base62::power(digits));
  const Prediction birthday{expected_repeats(links, space), "the birthday bound, n - N (1 - (1 - 1/N)^n)"};
  const std::vector<std::pair<std::string, Prediction>> rows = {
      {"random", birthday},
      {"permuted_counter", {0, "being a bijection"}},
      {"counter", {0, "being a bijection"}},
      {"counter_block", {0, "being a bijection"}},
      {"hash", birthday},
      {"key_pool", {0, "a key is added once and claimed once"}},
  };
  for (const auto& [name, prediction] : rows) {
    comparison.rows.push_back({.id = name,
                               .prepare = [name = name](Environment&) { return std::make_unique<Collisions>(name); },
                               .prediction = prediction});
  }
  comparison.method = {"a new generator each round, the same number of links, of as many URLs",
                       "snowflake has no codes of four digits"};
  comparison.subject = "random";
  comparison.round = {.duration = std::chrono::milliseconds(200)};
  comparison.budget = std::chrono::seconds(3);
  return comparison;
}

}  // namespace bench::url_shortener_bench
