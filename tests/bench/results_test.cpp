#include "bench/core/results.h"

#include <cstdlib>

#include "bench/core/machine.h"
#include "tests/bench/example.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/require.h"
#include "tests/support/temp_folder.h"

using bench::testing::Example;

namespace {

// The example, with nothing against recording it.
struct Fit : Example {
  Fit() {
    outcome.rows.pop_back();
    comparison.rows.pop_back();
  }
};

std::string why_not(const Example& example) {
  return bench::unfit_to_record(bench::summarise(example.outcome)).value_or("");
}

// Which files a run writes that was asked to record, as paths from bench/results.
std::vector<std::string> written(const Example& example) {
  const testing::TempFolder folder;
  const auto summary = bench::summarise(example.outcome);
  std::vector<std::string> paths;
  for (const auto& file : bench::write_results(summary, bench::to_json(summary, {}, ""), folder.path(), true)) {
    paths.push_back(file.lexically_relative(folder.path()).string());
    REQUIRE(common::parse_json(testing::read_file(file)).has_value());
  }
  return paths;
}

void shell(const std::filesystem::path& folder, const std::string& command) {
  INFO(command);
  REQUIRE(std::system(("cd '" + folder.string() + "' && " + command).c_str()) == 0);
}

}  // namespace

TEST_CASE("the result file holds the rounds themselves, so that anyone can recompute") {
  const Example example;
  bench::Machine machine;
  machine.cpu = "X";
  const auto result = bench::to_json(bench::summarise(example.outcome), machine, "./run bench system");
  const auto parsed = common::parse_json(bench::pretty(result));
  REQUIRE(parsed.has_value());
  const auto& rows = parsed->at("rows").as_array();
  REQUIRE(rows[1].at("metrics").at("cost").at("rounds").as_array().size() == 5);
  REQUIRE(rows[1].at("ratio").at("median").to_number<double>() == testing::Approx(1.5));
  REQUIRE(rows[3].at("skipped").as_string() == "needs redis: run with --services");
  REQUIRE(parsed->at("command").as_string() == "./run bench system");
  REQUIRE(parsed->at("machine").at("cpu").as_string() == "X");
  REQUIRE(parsed->at("aims").as_array()[0].at("met").as_bool() == false);
}

#ifdef NDEBUG  // other builds are never fit
TEST_CASE("a whole run without warnings is recorded") {
  REQUIRE(why_not(Fit()).empty());
  REQUIRE(written(Fit()) == std::vector<std::string>{"local/system_name.json", "system_name.json"});
}

TEST_CASE("what must not be quoted is not recorded, and the reason said") {
  const Example skipped;
  CHECK(why_not(skipped) == "absent skipped: needs redis: run with --services");
  Fit failed;
  failed.outcome.rows[1].failed = "answered 500";
  CHECK(why_not(failed) == "dear failed: answered 500");
  Fit subset;
  subset.outcome.rows.pop_back();
  CHECK(why_not(subset) == "2 of 3 rows");
  Fit short_run;
  short_run.outcome.foreign_cores.resize(4);
  CHECK(why_not(short_run) == "only 4 rounds, do not quote");
  Fit disturbed;
  disturbed.outcome.foreign_cores.assign(5, 0.4);
  CHECK(why_not(disturbed) == "other programs kept 0.40 cores busy meanwhile, do not quote");
  for (const Example* unfit : std::initializer_list<const Example*>{&skipped, &failed, &subset, &short_run, &disturbed})
    CHECK(written(*unfit) == std::vector<std::string>{"local/system_name.json"});
}
#endif

TEST_CASE("a smoke run is never recorded") {
  Fit quick;
  quick.outcome.quick = true;
  CHECK(why_not(quick) == "smoke run, do not quote");
  CHECK(written(quick) == std::vector<std::string>{"local/system_name.quick.json"});
}

TEST_CASE("a revision is dirty when sources differ from it, not when documents or results do") {
  if (!testing::require_or_skip(std::system("git --version >/dev/null 2>&1") == 0, "no git in PATH")) return;
  const testing::TempFolder folder;
  const auto& root = folder.path();
  shell(root,
        "git init -q && mkdir -p bench/results docs && touch a.cpp docs/a.md bench/results/a.json && git add . && "
        "git -c user.name=x -c user.email=x@example.com commit -q --no-gpg-sign -m x");
  const std::string commit = bench::revision_of(root);
  CHECK(commit.size() >= 7);
  shell(root, "echo 1 | tee docs/a.md bench/results/a.json bench/results/new.json new.md >/dev/null");
  CHECK(bench::revision_of(root) == commit);
  shell(root, "echo 1 >a.cpp");
  CHECK(bench::revision_of(root) == commit + "-dirty");
  shell(root, "git checkout -q a.cpp");
  CHECK(bench::revision_of(root) == commit);
  shell(root, "touch new.cpp");  // which the build would find
  CHECK(bench::revision_of(root) == commit + "-dirty");
}
