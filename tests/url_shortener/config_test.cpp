#include "url_shortener/config.h"

#include <stdlib.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/temp_folder.h"

using url_shortener::Config;

namespace {

Config parsed(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "url_shortener");
  Config config;
  if (config.parse(static_cast<int>(arguments.size()), arguments.data())) {
    throw std::logic_error("a text instead of settings");
  }
  return config;
}

// The message of the usage error that `arguments` are.
std::string refusal(const std::vector<const char*>& arguments) {
  try {
    parsed(arguments);
  } catch (const common::UsageError& error) {
    return error.what();
  }
  return "accepted";
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("without a setting the shortener is what the contract says") {
  const Config config = parsed({});
  CHECK(config.server.listen.to_string() == "127.0.0.1:8081");
  CHECK(config.server.data == "./data/url_shortener");
  CHECK(config.codes == "permuted_counter");
  CHECK(config.code_length == 0);
  CHECK(config.store_is("sqlite"));
  CHECK(config.cache == "local");
  CHECK(config.redirect_status == 302);
  CHECK(config.base_url.empty());
}

TEST_CASE("every setting of the shortener is read") {
  const Config config = parsed({"--codes", "random", "--code-length", "9", "--store=memory", "--cache", "local",
                                "--redirect", "308", "--base-url", "https://sho.rt//", "--local-entries", "5"});
  CHECK(config.codes == "random");
  CHECK(config.code_length == 9);
  CHECK(config.store_is("memory"));
  CHECK(config.cache == "local");
  CHECK(config.redirect_status == 308);
  CHECK(config.base_url == "https://sho.rt");
  CHECK(config.local_entries == 5);
}

TEST_CASE("an unknown choice is refused with those that exist") {
  const auto codes = refusal({"--codes", "guid"});
  CHECK(mentions(codes, "guid"));
  CHECK(mentions(codes, "permuted_counter"));
  CHECK(mentions(codes, "random"));
  CHECK(mentions(refusal({"--store", "oracle"}), "sqlite"));
  CHECK(mentions(refusal({"--cache", "l2"}), "local"));
  CHECK(mentions(refusal({"--redirect", "303"}), "307"));
  CHECK(mentions(refusal({"--colour", "red"}), "--colour"));
}

TEST_CASE("values that cannot be are refused") {
  for (const auto* url : {"sho.rt", "ftp://sho.rt", "https://", "https://user@sho.rt", "javascript:1"}) {
    INFO(url);
    CHECK(mentions(refusal({"--base-url", url}), "--base-url"));
  }
  CHECK(mentions(refusal({"--code-length", "11"}), "--code-length"));
  CHECK(mentions(refusal({"--code-length", "-1"}), "--code-length"));
  CHECK(mentions(refusal({"--redirect", "30x"}), "--redirect"));
}

TEST_CASE("several stores are shards, and those are PostgreSQL databases") {
  const auto* one = "postgres://:secret@127.0.0.1/one";
  const auto* two = "postgres://:secret@127.0.0.1/two";
  CHECK(parsed({"--store", one, "--store", two}).stores == std::vector<std::string>{one, two});
  CHECK(mentions(refusal({"--store", one, "--store", "sqlite"}), "--store sqlite"));
  const auto twice = refusal({"--store", one, "--store", two, "--store", one});
  CHECK(mentions(twice, "twice"));
  CHECK_FALSE(mentions(twice, "secret"));
  CHECK(mentions(refusal({"--store", one, "--rebalance"}), "--rebalance"));
  CHECK(parsed({"--store", one, "--store", two, "--rebalance"}).rebalance);
}

TEST_CASE("settings that contradict each other are refused by name") {
  const auto conflict = refusal({"--store", "memory", "--data", "somewhere"});
  CHECK(mentions(conflict, "--store"));
  CHECK(mentions(conflict, "--data"));
  const auto no_cache = refusal({"--cache", "none", "--local-entries", "5"});
  CHECK(mentions(no_cache, "--cache none"));
  CHECK(mentions(no_cache, "--local-entries"));
  const auto no_tier = refusal({"--cache", "redis://:secret@127.0.0.1", "--local-entries", "5"});
  CHECK(mentions(no_tier, "--cache redis"));
  CHECK_FALSE(mentions(no_tier, "secret"));
  const auto fixed_length = refusal({"--codes", "snowflake", "--code-length", "7"});
  CHECK(mentions(fixed_length, "--codes snowflake"));
  CHECK(mentions(fixed_length, "--code-length"));
  CHECK(parsed({"--codes", "snowflake", "--code-length", "0"}).codes == "snowflake");
}

TEST_CASE("a base URL with a query or a fragment is no beginning of a short URL") {
  CHECK(mentions(refusal({"--base-url", "https://sho.rt/?a=b"}), "--base-url"));
  CHECK(mentions(refusal({"--base-url", "https://sho.rt/#top"}), "--base-url"));
  CHECK(parsed({"--base-url", "https://example.com/s"}).base_url == "https://example.com/s");
}

TEST_CASE("a flag beats the environment, the environment beats the file") {
  const testing::TempFolder folder;
  const auto file =
      testing::write_file(folder.path() / "settings.toml", "codes = \"counter\"\ncache = \"none\"\nredirect = 307\n");
  ::setenv("URL_SHORTENER_CACHE", "local", 1);
  ::setenv("URL_SHORTENER_REDIRECT", "308", 1);
  const Config config = parsed({"--config", file.c_str(), "--redirect", "301"});
  ::unsetenv("URL_SHORTENER_CACHE");
  ::unsetenv("URL_SHORTENER_REDIRECT");
  CHECK(config.codes == "counter");
  CHECK(config.cache == "local");
  CHECK(config.redirect_status == 301);
}

TEST_CASE("help names every choice and every default") {
  const std::vector<const char*> arguments{"url_shortener", "--help"};
  Config config;
  const auto help = config.parse(2, arguments.data());
  REQUIRE(help);
  for (const auto* word : {"--codes",       "permuted_counter", "counter",
                           "counter_block", "snowflake",        "random",
                           "hash",          "key_pool",         "KGS",
                           "--code-length", "--store",          "sqlite",
                           "memory",        "--cache",          "local",
                           "none",          "--redirect",       "302",
                           "--base-url",    "127.0.0.1:8081",   "./data/url_shortener"}) {
    INFO(word);
    CHECK(mentions(*help, word));
  }
}
