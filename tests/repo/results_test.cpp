// The recorded results are fit to quote: what stands in bench/results came from a commit, without a warning.
// (bench/results/local holds whatever was run last; nobody quotes it.)

#include <filesystem>

#include "common/json.h"
#include "tests/repo/tree.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace repo;

namespace {

namespace fs = std::filesystem;

std::size_t line_of(const File& file, std::string_view key) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    if (file.lines[i].find("\"" + std::string(key) + "\":") != std::string::npos) return i + 1;
  }
  return 0;
}

// Why a result may not be quoted: a finding for each reason.
Findings unfit(const std::vector<File>& results) {
  Findings findings;
  for (const File& file : results) {
    std::string text;
    for (const std::string& line : file.lines)
      text += line + "\n";
    const auto parsed = common::parse_json(text);
    const auto* result = parsed ? parsed->if_object() : nullptr;
    const auto* revision = result ? result->if_contains("revision") : nullptr;
    const auto* warnings = result ? result->if_contains("warnings") : nullptr;
    if (!revision || !revision->is_string() || !warnings || !warnings->is_array()) {
      findings.push_back({file.path, 0, "is no result: it has no revision, or no list of warnings"});
      continue;
    }
    const std::string commit(revision->as_string());
    if (commit.empty() || commit.ends_with("-dirty")) {
      findings.push_back({file.path, line_of(file, "revision"), "from no commit: '" + commit + "'; record it again"});
    }
    for (const auto& warning : warnings->as_array()) {
      findings.push_back(
          {file.path, line_of(file, "warnings"), common::json::serialize(warning) + "; record it again"});
    }
  }
  return findings;
}

// tree() leaves them out: they are written by a program.
std::vector<File> recorded() {
  std::vector<File> files;
  for (const auto& entry : fs::directory_iterator(fs::path(SOURCE_DIR) / "bench/results")) {
    if (entry.path().extension() != ".json") continue;
    const std::string text = testing::read_file(entry.path());
    files.push_back(sample("bench/results/" + entry.path().filename().string(), text));
  }
  return files;
}

}  // namespace

TEST_CASE("a recorded result with a warning, or from no commit, is found") {
  const auto found = [](std::string_view text) { return unfit({sample("bench/results/a.json", text)}); };
  CHECK(found("{\"revision\": \"abc1234\", \"warnings\": []}\n").empty());
  CHECK(found("{\"revision\": \"v0.1-3-gabc1234\", \"warnings\": []}\n").empty());
  CHECK(found("{\"revision\": \"abc1234-dirty\", \"warnings\": []}\n").size() == 1);
  CHECK(found("{\"revision\": \"\", \"warnings\": []}\n").size() == 1);
  CHECK(found("{\"revision\": \"abc1234\", \"warnings\": [\"only 3 rounds\"]}\n").size() == 1);
  CHECK(found("{\"revision\": \"abc1234-dirty\", \"warnings\": [\"a\", \"b\"]}\n").size() == 3);
  CHECK(found("{\"revision\": \"abc1234\"}\n").size() == 1);
  CHECK(found("{\"warnings\": []}\n").size() == 1);
  CHECK(found("[]\n").size() == 1);
  CHECK(found("").size() == 1);
  CHECK(found("{\n  \"revision\": \"abc1234\",\n  \"warnings\": [\n    \"busy\"\n  ]\n}\n")[0].line == 3);
}

TEST_CASE("recorded results are from a commit and carry no warning") {
  expect_none(unfit(recorded()));
}
