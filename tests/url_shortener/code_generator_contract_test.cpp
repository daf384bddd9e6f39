// What code_generator.h promises, asked of every generator on every store. What one adds of its own is in its own test.

#include <mutex>
#include <set>
#include <unordered_set>

#include "tests/support/run_task.h"
#include "tests/url_shortener/code_sources_under_test.h"
#include "tests/url_shortener/link_store_over_memory.h"
#include "tests/url_shortener/shortener_under_test.h"
#include "url_shortener/base62.h"
#include "url_shortener/make_code_generator.h"
#include "url_shortener/reserved.h"

using namespace url_shortener;
using common::Failure;
using common::Task;
using testing::run_on_threads;
using testing::run_task;

namespace {

std::string next(CodeGenerator& generator, const std::string& url = "https://example.com/", unsigned attempt = 0) {
  return run_task(generator.next(url, attempt)).value();
}

// Whether two of its own codes may be equal: it asks no store, for which the unique index pays.
bool collides(std::string_view generator) {
  return generator == "random" || generator == "hash";
}

// A store in which the first `aliases` codes that anybody proposes are aliases already, taken a moment before.
class AliasesFirst final : public LinkStoreOverMemory {
 public:
  common::Task<common::Result<InsertOutcome>> insert(Insert insert) override {
    proposed.insert(insert.link.code);
    ++inserts;
    if (aliases > 0) {
      --aliases;
      Insert alias = insert_of(new_link(insert.link.code, "https://alias.example/"));
      (co_await memory.insert(std::move(alias))).value();
    }
    co_return co_await memory.insert(std::move(insert));
  }

  int aliases = 0;
  int inserts = 0;
  std::set<std::string> proposed;
};

}  // namespace

TEST_CASE("four threads of two processes make codes in the alphabet, none of them reserved and none twice") {
  const std::string kind = GENERATE(STORE_KINDS);
  if (!is_there(kind)) return;
  for (const auto& choice : code_generator_choices()) {
    INFO(choice.name << " " << kind);
    CodeSourcesUnderTest sources(kind);
    auto& one = sources.generator_of_one(choice.name);
    auto& two = sources.generator_of_two(choice.name);
    // counter asks the disk for each code
    const std::size_t each = kind != "memory" && choice.name == "counter" ? 100 : 10'000;
    std::mutex mutex;
    std::unordered_set<std::string> codes;
    std::size_t ill_formed = 0;
    run_on_threads(4, [&](std::size_t thread) -> Task<> {
      std::vector<std::string> mine;
      for (std::size_t i = 0; i < each; ++i) {
        const std::string url = "https://example.com/" + std::to_string(thread) + "/" + std::to_string(i);
        mine.push_back((co_await (thread % 2 == 0 ? one : two).next(url, 0)).value());
      }
      const std::lock_guard lock(mutex);
      for (auto& code : mine) {
        ill_formed += !base62::decode(code) || is_reserved(code);
        codes.insert(std::move(code));
      }
    });
    CHECK(ill_formed == 0);
    // Where codes may collide: n²/2N = 1.6e9 / 7e12 expected, one run in 4,000 has any.
    CHECK(codes.size() >= 4 * each - (collides(choice.name) ? 1 : 0));
  }
}

TEST_CASE("no generator proposes a reserved word, where there are many to meet") {
  for (const auto& choice : code_generator_choices()) {
    if (!choice.has_length) continue;  // no reserved word has ten characters of the alphabet
    INFO(choice.name);
    CodeSourcesUnderTest sources("memory");
    auto& generator = sources.generator_of_one(choice.name, 2);
    std::size_t reserved = 0;
    // Ten codes of two characters are reserved ("v1", "js", in either case), and many of three ("api", "www").
    for (int i = 0; i < 6'000; ++i)
      reserved += is_reserved(next(generator, "https://example.com/" + std::to_string(i)));
    CHECK(reserved == 0);
  }
}

TEST_CASE("codes that aliases have are passed over by asking again") {
  for (const auto& choice : code_generator_choices()) {
    INFO(choice.name);
    CodeSourcesUnderTest sources("memory");
    auto& generator = sources.generator_of_one(choice.name);
    AliasesFirst links;
    testing::Shortener shortener(links, generator);
    links.aliases = 10;
    const auto code = shortener.shorten(R"({"longUrl":"https://example.com/"})");
    CHECK(links.inserts == 11);
    CHECK(links.proposed.size() == 11);  // no code is proposed twice to one link
    CHECK(shortener.get("/" + code).header("Location") == "https://example.com/");
    for (const auto& other : links.proposed) {
      if (other != code) CHECK(shortener.get("/" + other).header("Location") == "https://alias.example/");
    }
  }
}

TEST_CASE("a store that is away is an error, until it is back") {
  const std::string kind = GENERATE(STORE_KINDS);
  if (!is_there(kind)) return;
  for (const auto& choice : code_generator_choices()) {
    INFO(choice.name << " " << kind);
    CodeSourcesUnderTest sources(kind);
    auto& generator = sources.generator_of_one(choice.name);
    sources.first().broken = true;
    const auto refused = run_task(generator.next("https://example.com/", 0));
    REQUIRE(refused.has_error() == !collides(choice.name));
    if (collides(choice.name)) continue;
    CHECK(refused.error().kind == Failure::unavailable);
    sources.first().broken = false;
    CHECK(!next(generator).empty());
  }
}

TEST_CASE("codes have their natural length or the one that was asked for") {
  CodeSourcesUnderTest sources("memory");
  const auto length = [&](std::string_view name, unsigned asked) {
    return next(sources.generator_of_one(name, asked)).size();
  };
  for (const auto* name : {"permuted_counter", "random", "hash", "key_pool"}) {
    INFO(name);
    CHECK(length(name, 0) == 7);
  }
  CHECK(length("snowflake", 0) == 10);
  CHECK(length("counter", 0) == 2);  // permuted_counter leased the first thousand
  CHECK(length("counter_block", 0) == 2);
  CHECK(length("permuted_counter", 5) == 5);
  CHECK(length("random", 10) == 10);
  CHECK(length("hash", 10) == 10);
  CHECK(length("counter", 6) == 6);
  CHECK(length("counter_block", 6) == 6);
  CodeSourcesUnderTest others("memory");  // a pool gives what is in it
  CHECK(next(others.generator_of_one("key_pool", 9)).size() == 9);
}

TEST_CASE("an unknown generator is an error that lists the choices") {
  CodeSourcesUnderTest sources("memory");
  std::string message;
  try {
    make_code_generator("md5", 0, sources.one());
  } catch (const std::invalid_argument& error) {
    message = error.what();
  }
  for (const auto& choice : code_generator_choices())
    CHECK(message.find(choice.name) != std::string::npos);
  CHECK(code_generator_choices()[0].name == "permuted_counter");
}

TEST_CASE("a length that a generator cannot have is refused") {
  CodeSourcesUnderTest sources("memory");
  CHECK_THROWS_AS(make_code_generator("random", 11, sources.one()), std::invalid_argument);
  for (const auto& choice : code_generator_choices()) {
    INFO(choice.name);
    if (choice.has_length) {
      CHECK(make_code_generator(choice.name, 10, sources.one()));
    } else {
      CHECK_THROWS_AS(make_code_generator(choice.name, 10, sources.one()), std::invalid_argument);
    }
  }
}
