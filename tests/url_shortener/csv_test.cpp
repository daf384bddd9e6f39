#include "url_shortener/extras/csv.h"

#include "common/random.h"
#include "tests/support/catch.h"

using namespace url_shortener;

namespace {

using Cells = std::vector<std::string>;

std::string written(const Cells& cells) {
  std::string out;
  write_csv(cells, out);
  return out;
}

std::vector<CsvRecord> read(std::string_view text) {
  std::vector<CsvRecord> records;
  CsvReader reader(text);
  while (auto record = reader.next())
    records.push_back(std::move(*record));
  return records;
}

}  // namespace

TEST_CASE("cells are quoted when RFC 4180 asks for it, and only then") {
  CHECK(written({"a", "b c", ""}) == "a,b c,\r\n");
  CHECK(written({"a,b", "say \"x\"", "two\r\nlines", "\n"}) == "\"a,b\",\"say \"\"x\"\"\",\"two\r\nlines\",\"\n\"\r\n");
}

TEST_CASE("records are read with the line they begin on") {
  const auto records = read("a,b\r\n\"x\r\ny\",2\n\n,\r\nlast,cell");
  REQUIRE(records.size() == 4);
  CHECK(records[0].cells == Cells{"a", "b"});
  CHECK(records[1].cells == Cells{"x\r\ny", "2"});
  CHECK(records[1].line == 2);
  CHECK(records[2].cells == Cells{"", ""});
  CHECK(records[2].line == 5);
  CHECK(records[3].cells == Cells{"last", "cell"});
  CHECK(records[3].line == 6);
  CHECK(read("").empty());
  CHECK(read("\xEF\xBB\xBF"
             "a\r\n")
            .front()
            .cells == Cells{"a"});
  CHECK(read("a,\"\"").front().cells == Cells{"a", ""});
}

TEST_CASE("what is no CSV is its record's problem, and the next line is read") {
  for (const std::string_view bad : {"a\"b,c", "\"a\"b,c", "a\rb,c", "x,\xFF"}) {
    INFO(bad);
    const auto records = read(std::string(bad) + "\r\ngood,one\r\n");
    REQUIRE(records.size() == 2);
    CHECK_FALSE(records[0].problem.empty());
    CHECK(records[1].problem.empty());
    CHECK(records[1].cells == Cells{"good", "one"});
    CHECK(records[1].line == 2);
  }
  CHECK_FALSE(read("\"never closed,1\r\n2,3\r\n").front().problem.empty());
}

TEST_CASE("whatever is written is read back, byte for byte") {
  common::SeededRandom random(7);
  const std::string letters = "ab,\"\r\n ;=\xC3";
  for (int round = 0; round < 2'000; ++round) {
    std::vector<Cells> all;
    std::string text;
    for (std::uint64_t r = 1 + random.next() % 3; r > 0; --r) {
      Cells cells{"x"};  // a record of one empty cell is an empty line
      for (std::uint64_t c = random.next() % 4; c > 0; --c) {
        std::string cell;
        for (std::uint64_t n = random.next() % 6; n > 0; --n) {
          const char letter = letters[random.next() % letters.size()];
          cell += letter;
          if (letter == '\xC3') cell += '\xBC';
        }
        cells.push_back(cell);
      }
      write_csv(cells, text);
      all.push_back(cells);
    }
    const auto records = read(text);
    REQUIRE(records.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      REQUIRE(records[i].problem.empty());
      REQUIRE(records[i].cells == all[i]);
    }
  }
}
