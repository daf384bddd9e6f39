// How often a creation must try again as its code space fills up: the generators that draw meet what was drawn before,
// those that count do not.
//
// The space is that of three characters, 238,328 codes, of which exactly the given part is taken: by codes of the same
// generator. A round creates links without adding them, so that the space stays as full as it is.

#include <boost/asio/io_context.hpp>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "bench/url_shortener_bench.h"
#include "common/random.h"
#include "url_shortener/base62.h"
#include "url_shortener/code_generator_hash.h"
#include "url_shortener/code_generator_random.h"
#include "url_shortener/id_source_memory.h"
#include "url_shortener/key_pool_memory.h"
#include "url_shortener/machine_ids_memory.h"
#include "url_shortener/make_code_generator.h"

namespace bench::url_shortener_bench {
namespace {

namespace base62 = url_shortener::base62;

constexpr unsigned digits = 3;
constexpr std::uint64_t space = base62::power(digits);
constexpr int percents[] = {1, 10, 50, 90, 99};

// A database in which so many codes of three characters are taken, by links of one generator.
class FilledSpace final : public Subject {
 public:
  FilledSpace(std::string name, std::uint64_t taken)
      : name_(std::move(name)),
        generator_(
            url_shortener::make_code_generator(name_, digits, {ids_, machine_ids_, key_pool_, random_, clock_})) {
    run(fill(taken));
  }

  Sample measure(const Round&) override {
    created_ = retries_ = 0;
    run(create());
    Sample sample;
    sample.values["retries"] = static_cast<double>(retries_) / static_cast<double>(created_);
    return sample;
  }

 private:
  // How many links a round makes. The counters' codes of three characters must not run out within all rounds, and
  // theirs is exact anyway.
  std::uint64_t links() const { return draws() ? 10'000 : 20; }
  bool draws() const { return name_ == "random" || name_ == "hash"; }

  void run(common::Task<> task) {
    std::exception_ptr thrown;
    boost::asio::co_spawn(context_, std::move(task), [&](const std::exception_ptr& error) { thrown = error; });
    context_.restart();
    context_.run();
    if (thrown) std::rethrow_exception(thrown);
  }

  common::Task<> fill(std::uint64_t count) {
    if (name_ == "key_pool") co_return co_await claim_keys(count);
    // The last of the draws that fill a space would never end: the order of all codes is shuffled instead, which gives
    // the same sets.
    if (draws()) co_return draw(count);
    const std::string any_url = "https://example.com/";
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string code = co_await next(any_url, 0);
      taken_.at(base62::decode(code).value()) = true;
    }
  }

  void draw(std::uint64_t count) {
    std::vector<std::uint64_t> codes(space);
    for (std::uint64_t i = 0; i < space; ++i)
      codes[i] = i;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::swap(codes[i], codes[i + random_.below(space - i)]);
      taken_[codes[i]] = true;
    }
  }

  common::Task<> claim_keys(std::uint64_t count) {
    draw(count);
    std::vector<std::string> keys;
    for (std::uint64_t number = 0; number < space; ++number) {
      if (taken_[number]) keys.push_back(base62::encode(number, digits));
    }
    const auto added = co_await key_pool_.add_claimed(std::move(keys));
    if (added.has_error() || added->size() != count) throw std::runtime_error("the key pool has other keys");
  }

  common::Task<std::string> next(const std::string& long_url, unsigned attempt) {
    auto code = co_await generator_->next(long_url, attempt);
    if (code.has_error()) throw std::runtime_error(code.error().message);
    co_return std::move(*code);
  }

  common::Task<> create() {
    const std::string site = "https://example.com/" + std::to_string(random_.next()) + "/";  // other hashes each round
    for (; created_ < links(); ++created_) {
      const std::string long_url = site + std::to_string(created_);
      for (unsigned attempt = 0;; ++attempt) {
        const std::string code = co_await next(long_url, attempt);
        if (code.size() != digits || !taken_[base62::decode(code).value()]) break;
        ++retries_;
      }
    }
  }

  const std::string name_;
  boost::asio::io_context context_{1};
  url_shortener::IdSourceMemory ids_;
  url_shortener::MachineIdsMemory machine_ids_;
  url_shortener::KeyPoolMemory key_pool_;
  common::SecureRandom random_;
  common::SystemClock clock_;
  std::unique_ptr<url_shortener::CodeGenerator> generator_;
  std::vector<bool> taken_ = std::vector<bool>(space);  // by number
  std::uint64_t created_ = 0;
  std::uint64_t retries_ = 0;
};

// The expected number of tries that meet a taken code, when so many find this part of the codes taken and the next one
// finds none.
double geometric(double full, unsigned attempts) {
  double sum = 0;
  for (unsigned i = 1; i <= attempts; ++i)
    sum += std::pow(full, i);
  return sum;
}

}  // namespace

Comparison fill() {
  Comparison comparison;
  comparison.id = "url_shortener/fill";
  comparison.question = "How often must a creation try again, as the codes of three characters are used up?";
  comparison.metrics = {{.id = "retries", .heading = "retries", .unit = "retries per link", .decimals = 4}};
  constexpr unsigned random_attempts = url_shortener::CodeGeneratorRandom::taken_per_length;
  constexpr unsigned hash_attempts = url_shortener::CodeGeneratorHash::probes + random_attempts;
  for (const int percent : percents) {
    const double full = percent / 100.0;
    const auto taken = static_cast<std::uint64_t>(std::llround(full * static_cast<double>(space)));
    const std::vector<std::pair<std::string, Prediction>> rows = {
        {"random", {geometric(full, random_attempts), "f + f^2 + f^3; then a code has a character more"}},
        {"hash", {geometric(full, hash_attempts), "f + ... + f^5: two hashes, then as random"}},
        {"permuted_counter", {0, "being a bijection"}},
        {"counter_block", {0, "counting"}},
        {"key_pool", {0, "a key is added once and claimed once: it was the making of keys that met taken ones"}},
    };
    for (const auto& [name, prediction] : rows) {
      comparison.rows.push_back(
          {.id = name,
           .group = std::to_string(percent) + " % of 238,328 codes taken",
           .prepare = [name = name, taken](Environment&) { return std::make_unique<FilledSpace>(name, taken); },
           .prediction = prediction});
    }
  }
  comparison.method = {
      "random, hash: 10,000 links a round; the others 20, since their codes of three characters must last",
      "aliases aside: one that a counter meets is a retry as well", "snowflake has no codes of three characters"};
  comparison.subject = "random";
  comparison.round = {.duration = std::chrono::milliseconds(20)};
  comparison.budget = std::chrono::seconds(4);
  return comparison;
}

}  // namespace bench::url_shortener_bench
