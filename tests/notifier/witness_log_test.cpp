#include "notifier/witness_log.h"

#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <system_error>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/temp_folder.h"

using namespace notifier;

namespace {

WitnessLine line_for(const std::string& user, std::uint32_t attempt = 1) {
  return {.notification = 7,
          .user = user,
          .channel = Channel::push,
          .attempt = attempt,
          .key = delivery_key(7, user, Channel::push)};
}

std::size_t lines_of(const std::string& file) {
  const auto text = testing::read_file(file);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// As if the disk were full there.
class FilesMayGrowTo {
 public:
  explicit FilesMayGrowTo(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FilesMayGrowTo() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }
  FilesMayGrowTo(const FilesMayGrowTo&) = delete;
  FilesMayGrowTo& operator=(const FilesMayGrowTo&) = delete;

 private:
  void (*signal_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("a witness' log is made, and the folder that it is to be in") {
  const testing::TempFolder folder;
  const std::string file = folder.path() / "not" / "yet" / "sink.jsonl";
  WitnessLog log(file, true);
  log.write({line_for("ada")}, common::TimePoint{});
  CHECK(lines_of(file) == 1);
}

TEST_CASE("a key has one line, however often it comes, and from whatever process") {
  const testing::TempFolder folder;
  const std::string file = folder.path() / "log";
  WitnessLog one(file, true);
  WitnessLog other(file, true);
  one.write({line_for("ada")}, {});
  other.write({line_for("ada", 2), line_for("bob")}, {});
  one.write({line_for("bob"), line_for("ada")}, {});
  CHECK(lines_of(file) == 2);
  WitnessLog later(file, true);  // after a crash
  later.write({line_for("ada", 3)}, {});
  CHECK(lines_of(file) == 2);
  CHECK(testing::read_file(file).starts_with(
      R"({"broadcast":null,"notification":"7","user":"ada","channel":"push","attempt":1,"key":"7:ada:push","at":"19)"));
}

TEST_CASE("without deduplication every taking has its line") {
  const testing::TempFolder folder;
  const std::string file = folder.path() / "log";
  WitnessLog log(file, false);
  log.write({line_for("ada"), line_for("ada", 2)}, {});
  CHECK(lines_of(file) == 2);
}

TEST_CASE("a line that a crash cut short does not count, and the next one stands alone") {
  const bool dedupe = GENERATE(true, false);
  const testing::TempFolder folder;
  const std::string file = folder.path() / "log";
  std::ofstream(file)
      << R"({"broadcast":null,"notification":"7","user":"ada","channel":"push","attempt":1,"key":"7:ada:push")";
  WitnessLog log(file, dedupe);
  log.write({line_for("ada")}, {});
  CHECK(lines_of(file) == 2);
}

TEST_CASE("what a full disk kept from being written is not taken for written") {
  const testing::TempFolder folder;
  const std::string file = folder.path() / "log";
  WitnessLog log(file, true);
  log.write({line_for("ada")}, {});
  {
    const FilesMayGrowTo limit(200);  // the second line is cut short
    CHECK_THROWS_AS(log.write({line_for("bob"), line_for("eve")}, {}), std::system_error);
  }
  log.write({line_for("ada"), line_for("bob"), line_for("eve")}, {});
  const auto text = testing::read_file(file);
  CHECK(lines_of(file) == 4);  // one of them cut short
  for (const char* key : {"\"7:ada:push\",\"at\"", "\"7:bob:push\",\"at\"", "\"7:eve:push\",\"at\""}) {
    INFO(text);
    CHECK(text.find(key) != std::string::npos);
  }
}

TEST_CASE("a set of keys grows") {
  KeySet keys;
  for (int i = 0; i < 100'000; ++i)
    CHECK(keys.insert(std::to_string(i)));
  for (int i = 0; i < 100'000; ++i)
    CHECK_FALSE(keys.insert(std::to_string(i)));
  CHECK(keys.size() == 100'000);
}
