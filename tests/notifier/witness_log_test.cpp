#include "notifier/witness_log.h"

#include <fstream>

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

}  // namespace

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
  const testing::TempFolder folder;
  const std::string file = folder.path() / "log";
  std::ofstream(file)
      << R"({"broadcast":null,"notification":"7","user":"ada","channel":"push","attempt":1,"key":"7:ada:push")";
  WitnessLog log(file, true);
  log.write({line_for("ada")}, {});
  CHECK(lines_of(file) == 2);
}

TEST_CASE("a set of keys grows") {
  KeySet keys;
  for (int i = 0; i < 100'000; ++i)
    CHECK(keys.insert(std::to_string(i)));
  for (int i = 0; i < 100'000; ++i)
    CHECK_FALSE(keys.insert(std::to_string(i)));
  CHECK(keys.size() == 100'000);
}
