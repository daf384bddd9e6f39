// Dependencies point one way: main → api → domain ← store, and common knows no system. Read off the include lines.
//
// Rings of a system, by file name:
//
//   wiring    main, config, stores, caches, make_*   may include everything of the system
//   api       those listed below, extras/     parse, call, answer: the domain and the stores' interfaces
//   domain    everything else                 no HTTP, no settings; databases only in the files named after them

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "tests/repo/tree.h"
#include "tests/support/catch.h"

using namespace repo;

namespace {

// What speaks HTTP. A new file is domain, the strict ring, until it is named here.
const std::map<std::string, std::set<std::string>> api_files = {
    {"url_shortener", {"api", "api_links", "redirect", "preview", "link_json", "scanner_brake"}},
    {"rate_limiter", {"api", "decision_http", "explanation_json", "limit_requests", "login", "rule_json"}},
    {"notifier",
     {"api", "api_users", "notification_json", "user_json", "user_import", "http_attempts", "provider_sms",
      "provider_push", "provider_webhook", "http_door"}},
    {"cache_aside", {"api", "api_json"}},
};

// Where the design itself composes two systems: the shortener limits creation with the limiter's library.
const std::set<std::pair<std::string, std::string>> compositions = {{"url_shortener", "rate_limiter"}};

// Engines that an implementation is named after: link_store_sqlite knows SQLite, link_store does not.
constexpr std::array engines = {"memory", "sqlite", "postgres", "redis", "kafka"};

enum class Ring { wiring, api, domain };

bool is_system(const std::string& name) {
  return std::find(systems().begin(), systems().end(), name) != systems().end();
}

std::string top(std::string_view path) {
  return std::string(path.substr(0, path.find('/')));
}

Ring ring_of(const File& file) {
  const std::string stem = file.stem();
  constexpr std::array wiring = {"main", "config", "stores", "caches", "link_caches", "carriers"};
  if (std::find(wiring.begin(), wiring.end(), stem) != wiring.end() || stem.starts_with("make_")) return Ring::wiring;
  if (file.path.find("/extras/") != std::string::npos) return Ring::api;
  const auto listed = api_files.find(top(file.path));
  return listed != api_files.end() && listed->second.contains(stem) ? Ring::api : Ring::domain;
}

// "sqlite" of "url_shortener/link_store_sqlite.h"; empty for what is named after no engine.
std::string engine_of(const File& file) {
  const std::string stem = file.stem();
  for (const std::string engine : engines) {
    if (stem.ends_with("_" + engine)) return engine;
  }
  if (stem == "shards" || stem == "shard_mover" || stem.ends_with("_sharded")) return "postgres";  // several of them
  return {};
}

// Why a file of the system `own` may not include `path`; empty when it may.
std::string forbidden_in_system(const File& file, const std::string& own, const std::string& path) {
  const std::string other = top(path);
  if (other == "bench" || other == "tests") return "a system includes neither tests nor benchmarks";
  if (is_system(other) && other != own && !compositions.contains({own, other})) {
    return "no system includes another, unless the design composes them";
  }
  const Ring ring = ring_of(file);
  if (ring == Ring::wiring) return {};
  const File target = sample(path, "");
  const bool same = other == own;
  if (same && ring_of(target) == Ring::wiring) {
    return "only the wiring (main, config, stores, caches, link_caches, carriers, make_*) includes the wiring";
  }
  const std::string engine = engine_of(file);
  if (same && !engine_of(target).empty() && engine_of(target) != engine) {
    return "an interface and its callers know no implementation; only the wiring does";
  }
  if (path.starts_with("common/sqlite/") && engine != "sqlite") {
    return "SQLite belongs in the files that are named after it";
  }
  if (ring == Ring::api) return {};
  if (path.starts_with("common/http/")) return "the domain and its stores speak no HTTP";
  if (path.starts_with("common/config/")) return "the domain reads no settings: they come in as arguments";
  if (same && ring_of(target) == Ring::api) return "the domain and its stores include no api";
  return {};
}

std::string forbidden(const File& file, const std::string& path) {
  const std::string own = top(file.path);
  const std::string other = top(path);
  if (own == "common" && other != "common" && other != "embedded") return "common includes nothing but itself";
  if (own == "bench" && other == "tests") return "a benchmark includes no tests";
  if (is_system(own)) return forbidden_in_system(file, own, path);
  return {};
}

Findings against_the_arrows(const std::vector<File>& files) {
  Findings findings;
  for (const File& file : files) {
    if (!file.is_cpp()) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string path(included(file.lines[i]));
      if (path.empty()) continue;
      const std::string why = forbidden(file, path);
      if (!why.empty()) findings.push_back({file.path, i + 1, path + ": " + why});
    }
  }
  return findings;
}

bool refused(std::string path, const std::string& include) {
  return !against_the_arrows({sample(std::move(path), "#include \"" + include + "\"\n")}).empty();
}

// ---- purity ----

// Whether the prose before #pragma once claims it: "Pure.", "Pure and immutable", "All are pure".
bool claims_purity(const File& header) {
  for (const std::string& line : header.lines) {
    if (line.starts_with("#pragma once")) return false;
    for (auto at = line.find("ure"); at != std::string::npos; at = line.find("ure", at + 1)) {
      const bool word = at > 0 && (line[at - 1] == 'P' || line[at - 1] == 'p') && (at == 1 || line[at - 2] == ' ');
      const bool ends = at + 3 == line.size() || std::string_view(" .,:;").find(line[at + 3]) != std::string_view::npos;
      if (word && ends) return true;
    }
  }
  return false;
}

// What a function of its arguments alone has no use for.
std::string impurity(std::string_view line) {
  constexpr std::array includes = {"common/runtime/", "common/sqlite/", "common/log.h", "common/metrics",
                                   "<sys/socket.h>",  "<thread>",       "<fstream>",    "<iostream>"};
  constexpr std::array calls = {"::now()", "getenv(", "thread_random(", "SecureRandom", "rand("};
  if (line.starts_with("#include")) {
    for (const std::string_view each : includes) {
      if (line.find(each) != std::string_view::npos) return "includes " + std::string(each);
    }
    return {};
  }
  for (const std::string_view each : calls) {
    if (code_of(line).find(each) != std::string::npos) return "calls " + std::string(each);
  }
  return {};
}

Findings impure(const std::vector<File>& files) {
  std::set<std::string> pure;  // without extensions: a header's claim holds for its .cpp
  for (const File& file : files) {
    if (file.is_header() && claims_purity(file)) pure.insert(file.path.substr(0, file.path.size() - 2));
  }
  Findings findings;
  for (const File& file : files) {
    if (!file.is_cpp() || !pure.contains(file.path.substr(0, file.path.rfind('.')))) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string what = impurity(file.lines[i]);
      if (!what.empty()) findings.push_back({file.path, i + 1, "its header says pure, and it " + what});
    }
  }
  return findings;
}

// Time is an argument, or comes from a Clock that was handed in.
Findings clock_readers(const std::vector<File>& files) {
  Findings findings;
  for (const File& file : files) {
    if (!file.is_cpp() || !is_system(top(file.path))) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      if (code_of(file.lines[i]).find("_clock::now()") == std::string::npos) continue;
      findings.push_back({file.path, i + 1, "reads the clock itself: ask the Clock that was handed in"});
    }
  }
  return findings;
}

}  // namespace

TEST_CASE("an include against the arrows is found") {
  CHECK(refused("common/text.h", "url_shortener/link.h"));
  CHECK(refused("chat/room.h", "url_shortener/link.h"));
  CHECK(refused("url_shortener/link.h", "url_shortener/api.h"));
  CHECK(refused("url_shortener/link.h", "url_shortener/config.h"));
  CHECK(refused("url_shortener/link.h", "common/http/response.h"));
  CHECK(refused("url_shortener/link_store.h", "url_shortener/link_store_sqlite.h"));
  CHECK(refused("url_shortener/link_store_memory.cpp", "common/sqlite/database.h"));
  CHECK(refused("url_shortener/api.cpp", "url_shortener/link_store_sqlite.h"));
  CHECK(refused("url_shortener/main.cpp", "tests/support/catch.h"));
  CHECK(refused("bench/core/runner.h", "tests/support/catch.h"));
}

TEST_CASE("an include along the arrows is not") {
  CHECK_FALSE(refused("url_shortener/main.cpp", "url_shortener/link_store_sqlite.h"));
  CHECK_FALSE(refused("url_shortener/stores.cpp", "url_shortener/link_store_sqlite.h"));
  CHECK_FALSE(refused("url_shortener/api.cpp", "url_shortener/link_store.h"));
  CHECK_FALSE(refused("url_shortener/api.cpp", "common/http/router.h"));
  CHECK_FALSE(refused("url_shortener/link_store_sqlite.cpp", "common/sqlite/database.h"));
  CHECK_FALSE(refused("url_shortener/link_store_sqlite.h", "url_shortener/store_sqlite.h"));
  CHECK_FALSE(refused("url_shortener/extras/batch.cpp", "common/http/router.h"));
  CHECK_FALSE(refused("url_shortener/api.cpp", "rate_limiter/limiter.h"));
  CHECK_FALSE(refused("tests/common/text_test.cpp", "common/text.h"));
}

TEST_CASE("a header that says pure and is not, is found") {
  const auto found = [](std::string_view prose, std::string_view code) {
    return impure({sample("common/a.h", std::string(prose) + "\n#pragma once\n" + std::string(code) + "\n")}).size();
  };
  CHECK(found("// Sums. Pure.", "#include \"common/log.h\"") == 1);
  CHECK(found("// All are pure, hence safe.", "auto t = std::chrono::steady_clock::now();") == 1);
  CHECK(found("// Purely a sum.", "#include \"common/log.h\"") == 0);
  CHECK(found("// Sums. Pure.", "int f(int);  // never calls steady_clock::now()") == 0);
  CHECK(impure({sample("a/b.h", "// B. Pure.\n#pragma once\n"), sample("a/b.cpp", "#include <thread>\n")}).size() == 1);
}

TEST_CASE("dependencies point one way: main, api, domain, store; and common knows no system") {
  expect_none(against_the_arrows(tree()));
}

TEST_CASE("what a header calls pure includes no I/O and asks no clock") {
  expect_none(impure(tree()));
}

TEST_CASE("no system reads the clock behind the back of whoever tests it") {
  expect_none(clock_readers(tree()));
}
