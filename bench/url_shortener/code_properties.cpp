// What follows from how codes are made, whatever the machine: how long they get, how soon a stranger finds one, and how
// many a crash loses.

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cmath>
#include <random>
#include <stdexcept>

#include "bench/core/environment.h"
#include "bench/url_shortener_bench.h"
#include "common/random.h"
#include "url_shortener/base62.h"
#include "url_shortener/code_generator_counter_block.h"
#include "url_shortener/code_generator_key_pool.h"
#include "url_shortener/id_source_memory.h"
#include "url_shortener/key_pool_memory.h"
#include "url_shortener/machine_ids_memory.h"
#include "url_shortener/make_code_generator.h"
#include "url_shortener/reserved.h"
#include "url_shortener/snowflake.h"

namespace bench::url_shortener_bench {
namespace {

namespace base62 = url_shortener::base62;
using url_shortener::CodeGenerator;

constexpr unsigned natural_digits = 7;

void run(common::Task<> task) {
  boost::asio::io_context context(1);
  std::exception_ptr thrown;
  boost::asio::co_spawn(context, std::move(task), [&](const std::exception_ptr& error) { thrown = error; });
  context.run();  // what generators do in the background included
  if (thrown) std::rethrow_exception(thrown);
}

common::Task<std::string> next(CodeGenerator& generator, const std::string& long_url, unsigned attempt) {
  auto code = co_await generator.next(long_url, attempt);
  if (code.has_error()) throw std::runtime_error(code.error().message);
  co_return std::move(*code);
}

// Keys as the generator claims them: how many there were.
class CountedKeyPool final : public url_shortener::KeyPool {
 public:
  std::uint64_t claimed() const { return claimed_; }

  common::Task<common::Result<std::vector<std::string>>> claim(std::size_t count) override {
    auto keys = co_await pool_.claim(count);
    if (keys.has_value()) claimed_ += keys->size();
    co_return keys;
  }
  common::Task<common::Result<std::vector<std::string>>> add_claimed(std::vector<std::string> keys) override {
    auto added = co_await pool_.add_claimed(std::move(keys));
    if (added.has_value()) claimed_ += added->size();
    co_return added;
  }
  common::Task<common::Result<std::size_t>> add(std::vector<std::string> keys) override {
    return pool_.add(std::move(keys));
  }
  common::Task<common::Result<std::size_t>> size() override { return pool_.size(); }

 private:
  url_shortener::KeyPoolMemory pool_;
  std::uint64_t claimed_ = 0;
};

// An empty store in memory, for generators.
struct Sources {
  std::unique_ptr<CodeGenerator> make(const std::string& name) { return make(name, clock); }
  std::unique_ptr<CodeGenerator> make(const std::string& name, const common::Clock& other) {
    return url_shortener::make_code_generator(name, 0, {ids, machine_ids, keys, random, other});
  }
  // Numbers and keys that are nobody else's any more.
  common::Task<std::uint64_t> reserved() {
    const auto following = co_await ids.lease(1);
    if (following.has_error()) throw std::runtime_error(following.error().message);
    co_return following->first + keys.claimed();
  }

  url_shortener::IdSourceMemory ids;
  url_shortener::MachineIdsMemory machine_ids;
  CountedKeyPool keys;
  common::SecureRandom random;
  common::SystemClock clock;
};

// ---- how long ----

// The codes that are made when there are so many links. Numbers begin there; of codes that are drawn, a part as large
// as the links' of all codes of that length is taken.
class LengthAt final : public Subject {
 public:
  LengthAt(std::string name, std::uint64_t links)
      : name_(std::move(name)), links_(links), draws_(name_ == "random" || name_ == "hash") {}

  Sample measure(const Round&) override {
    Sources sources;
    const auto generator = sources.make(name_);
    total_ = 0;
    run(create(sources, *generator));
    Sample sample;
    sample.values["characters"] = static_cast<double>(total_) / codes;
    return sample;
  }

 private:
  static constexpr int codes = 1000;

  common::Task<> create(Sources& sources, CodeGenerator& generator) {
    const auto leased = co_await sources.ids.lease(links_);
    if (leased.has_error()) throw std::runtime_error(leased.error().message);
    for (int i = 0; i < codes; ++i) {
      const std::string long_url = "https://example.com/" + std::to_string(sources.random.next());
      std::string code;
      unsigned attempt = 0;
      do
        code = co_await next(generator, long_url, attempt++);
      while (taken(code, sources.random));
      total_ += code.size();
    }
  }

  bool taken(const std::string& code, common::Random& random) const {
    if (!draws_ || code.size() != natural_digits) return false;
    return random.below(base62::power(natural_digits)) < links_;
  }

  const std::string name_;
  const std::uint64_t links_;
  const bool draws_;
  std::uint64_t total_ = 0;
};

Prediction length_of(const std::string& name, std::uint64_t links) {
  const double full = static_cast<double>(links) / static_cast<double>(base62::power(natural_digits));
  if (name == "counter" || name == "counter_block") {
    return {static_cast<double>(base62::encode(links).size()), "the digits of the number in base 62"};
  }
  if (name == "snowflake") return {10, "its 59 bits"};
  if (name == "random") return {7 + std::pow(full, 3), "a character more behind three taken codes"};
  if (name == "hash") return {7 + std::pow(full, 5), "a character more behind five taken codes"};
  return {7, "being 62^7 codes"};
}

// ---- how soon a stranger finds one ----

constexpr std::uint64_t many_links = 1'000'000;
constexpr double links_a_second = 93;  // Bitly's, on the study page: what a clock in a code gives away depends on it

// A database of a million links, whose codes are known by their numbers.
class Guesses final : public Subject {
 public:
  Guesses(std::string name, bool quick)
      : name_(std::move(name)),
        hits_(quick                ? 1
              : tells_neighbours() ? 1'000
                                   : 8),
        generator_(sources_.make(name_, clock_)) {
    codes_.reserve(many_links);
    run(fill());
    for (const std::uint64_t code : codes_)
      maybe_[code % maybe_.size()] = true;
    std::sort(codes_.begin(), codes_.end());
  }

  // How many guesses each of some strangers needs, whose own is one of the links.
  Sample measure(const Round&) override {
    double guesses = 0;
    for (int found = 0; found < hits_; ++found) {
      const std::uint64_t own = codes_[1 + chance_.below(codes_.size() - 1)];  // not the first: it has none before it
      std::uint64_t tried = 0;
      std::uint64_t code = 0;
      do
        code = guess(own, tried++);
      while (code == own || !exists(code));
      guesses += static_cast<double>(tried);
    }
    Sample sample;
    sample.values["guesses"] = guesses / hits_;
    return sample;
  }

 private:
  static constexpr std::uint64_t neighbours = 100;

  bool tells_neighbours() const { return name_ == "counter" || name_ == "snowflake"; }

  // The link before one's own in the same millisecond, then the first of each millisecond before. Of other codes a
  // hundred numbers before one's own, then any seven characters.
  std::uint64_t guess(std::uint64_t own, std::uint64_t tried) {
    using url_shortener::Snowflake;
    if (name_ == "snowflake") {
      constexpr std::uint64_t sequence = (1u << Snowflake::sequence_bits) - 1;
      if (tried == 0 && (own & sequence) != 0) return own - 1;
      const std::uint64_t back = (own & sequence) != 0 ? tried : tried + 1;
      return (own & ~sequence) - (back << (Snowflake::sequence_bits + Snowflake::machine_bits));
    }
    if (tried < neighbours) return own - 1 - tried;
    return chance_.below(base62::power(natural_digits));
  }

  common::Task<> fill() {
    std::mt19937_64 engine(1);
    std::exponential_distribution<double> pause_us(links_a_second / 1e6);
    for (std::uint64_t i = 0; i < many_links; ++i) {
      clock_.advance(std::chrono::microseconds(static_cast<std::int64_t>(pause_us(engine))));
      const std::string long_url = "https://example.com/" + std::to_string(i);
      const std::string code = co_await next(*generator_, long_url, 0);
      codes_.push_back(base62::decode(code).value());
    }
  }

  bool exists(std::uint64_t code) const {
    return maybe_[code % maybe_.size()] && std::binary_search(codes_.begin(), codes_.end(), code);
  }

  const std::string name_;
  const int hits_;
  common::ManualClock clock_;
  Sources sources_;
  std::unique_ptr<CodeGenerator> generator_;
  std::vector<std::uint64_t> codes_;
  std::vector<bool> maybe_ = std::vector<bool>(std::size_t{1} << 24);  // most guesses end here, in the CPU's own cache
  common::FastRandom chance_;
};

// ---- how many a crash loses ----

// Processes that end without warning after some codes each.
class Lost final : public Subject {
 public:
  Lost(std::string name, bool quick) : name_(std::move(name)), crashes_(quick ? 3 : 50) {}

  Sample measure(const Round&) override {
    double sum = 0;
    double most = 0;
    for (int i = 0; i < crashes_; ++i) {
      const double lost = lose();
      sum += lost;
      most = std::max(most, lost);
    }
    Sample sample;
    sample.values["lost"] = sum / crashes_;
    sample.values["most"] = most;
    return sample;
  }

 private:
  static constexpr std::uint64_t codes_max = 2000;

  double lose() {
    Sources sources;
    const std::uint64_t handed_out = 1 + sources.random.below(codes_max);
    std::uint64_t reserved = 0;
    {
      const auto generator = sources.make(name_);
      run(use(*generator, handed_out));
    }
    run(count(sources, reserved));
    if (reserved == 0) return 0;  // drawn or timed: nothing was set aside
    const std::uint64_t used = handed_out + skipped(handed_out);
    if (reserved < used) throw std::runtime_error("more codes than were set aside");
    return static_cast<double>(reserved - used);
  }

  // A counter comes across reserved words, and passes them over.
  std::uint64_t skipped(std::uint64_t handed_out) const {
    std::uint64_t words = 0;
    if (!name_.starts_with("counter")) return words;
    for (std::uint64_t number = 0; number < handed_out + words; ++number)
      words += url_shortener::is_reserved(base62::encode(number)) ? 1 : 0;
    return words;
  }

  static common::Task<> use(CodeGenerator& generator, std::uint64_t codes) {
    const auto executor = co_await boost::asio::this_coro::executor;
    for (std::uint64_t i = 0; i < codes; ++i) {
      const std::string long_url = "https://example.com/" + std::to_string(i);
      co_await next(generator, long_url, 0);
      co_await boost::asio::post(executor, common::use_task);  // the background's turn, as between requests
    }
  }

  static common::Task<> count(Sources& sources, std::uint64_t& reserved) { reserved = co_await sources.reserved(); }

  const std::string name_;
  const int crashes_;
};

Prediction loss_of(const std::string& name) {
  if (name == "counter_block" || name == "permuted_counter") {
    constexpr auto block = static_cast<double>(url_shortener::CodeGeneratorCounterBlock::block_size);
    return {(block - 1) / 2, "on average half of a block of 1,000"};
  }
  if (name == "key_pool") {
    using Pool = url_shortener::CodeGeneratorKeyPool;
    return {Pool::claim_low + Pool::claim_size / 2.0, "on average: 1,000 are claimed when fewer than 500 are left"};
  }
  return {0, name == "counter" ? "each number is leased alone" : "nothing is set aside"};
}

template <class Make>
std::vector<Row> row_of_each(const std::vector<std::string>& names, const std::string& group, Make make,
                             const std::function<Prediction(const std::string&)>& prediction) {
  std::vector<Row> rows;
  for (const auto& name : names) {
    rows.push_back({.id = name,
                    .group = group,
                    .prepare = [make, name](Environment& environment) { return make(name, environment); },
                    .prediction = prediction(name)});
  }
  return rows;
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto& choice : url_shortener::code_generator_choices())
    names.emplace_back(choice.name);
  return names;
}

}  // namespace

Comparison code_length() {
  Comparison comparison;
  comparison.id = "url_shortener/code_length";
  comparison.question = "How long are new codes when there are so many links?";
  comparison.metrics = {{.id = "characters", .heading = "characters", .unit = "characters"}};
  for (const unsigned exponent : {3u, 6u, 9u, 12u}) {
    std::uint64_t links = 1;
    for (unsigned i = 0; i < exponent; ++i)
      links *= 10;
    const auto make = [links](const std::string& name, Environment&) {
      return std::make_unique<LengthAt>(name, links);
    };
    const auto predict = [links](const std::string& name) { return length_of(name, links); };
    for (Row& row : row_of_each(all_names(), "10^" + std::to_string(exponent) + " links", make, predict))
      comparison.rows.push_back(std::move(row));
  }
  comparison.method = {
      "the mean of 1,000 codes by each generator, at its natural length; numbers begin there",
      "random, hash: so many of 62^7 codes are taken, and met by chance; key_pool: it met them before"};
  comparison.subject = comparison.rows.front().id;
  comparison.round = {.duration = std::chrono::milliseconds(1)};
  comparison.budget = std::chrono::seconds(2);
  return comparison;
}

Comparison guesses() {
  Comparison comparison;
  comparison.id = "url_shortener/guesses";
  comparison.question = "How many guesses until a stranger finds one of a million links?";
  comparison.metrics = {{.id = "guesses", .heading = "guesses", .unit = "guesses", .decimals = 0}};
  const auto make = [](const std::string& name, Environment& environment) {
    return std::make_unique<Guesses>(name, environment.quick());
  };
  const auto predict = [](const std::string& name) -> Prediction {
    if (name == "counter") return {1, "the code before one's own"};
    if (name == "snowflake") return {1000 / links_a_second, "milliseconds between two links at 93 a second"};
    return {static_cast<double>(base62::power(natural_digits)) / many_links, "62^7 / 10^6"};
  };
  comparison.rows = row_of_each({"permuted_counter", "random", "hash", "snowflake", "counter"}, "", make, predict);
  comparison.method = {
      "the stranger has made a link, one of them: tries a hundred codes before it, then any seven characters",
      "snowflake: back in time from its own link, a guess a millisecond; links were made at random, 93 a second",
      "hash: of URLs that the stranger does not know; who knows one works its code out",
      "the mean of 8 strangers a round, of 1,000 for counter and snowflake"};
  comparison.subject = "permuted_counter";
  comparison.round = {.duration = std::chrono::milliseconds(200)};
  comparison.budget = std::chrono::seconds(14);
  return comparison;
}

Comparison lost() {
  Comparison comparison;
  comparison.id = "url_shortener/lost";
  comparison.question = "How many codes does a crash lose?";
  comparison.metrics = {
      {.id = "lost", .heading = "lost", .unit = "codes lost per crash", .decimals = 0},
      {.id = "most", .heading = "most", .unit = "codes lost in the worst of the round's crashes", .decimals = 0}};
  const auto make = [](const std::string& name, Environment& environment) {
    return std::make_unique<Lost>(name, environment.quick());
  };
  comparison.rows = row_of_each(all_names(), "", make, loss_of);
  comparison.method = {
      "the mean of 50 processes a round, each with a store of its own, that end after 1 to 2,000 codes",
      "lost: set aside for the process, and never handed out, by it or anybody"};
  comparison.subject = comparison.rows.front().id;
  comparison.round = {.duration = std::chrono::milliseconds(30)};
  comparison.budget = std::chrono::seconds(4);
  return comparison;
}

}  // namespace bench::url_shortener_bench
