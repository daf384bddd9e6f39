// The figure of the study page, drawn by the code it is about.

#include <sstream>

#include "rate_limiter/algorithms.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace rate_limiter;

namespace {

// Ten in ten seconds, and somebody who asks ten times a second, from a second before a border of windows on.
std::string figure() {
  constexpr Ticks tenth = ticks_per_second / 10;
  constexpr Ticks border = 1'750'000'000 * ticks_per_second;
  std::ostringstream out;
  out << "limit 10 in 10 s         9 s       10 s      11 s      12 s      13 s      admitted\n";
  for (const auto& [algorithm, id, description] : algorithms) {
    const Limit limit = std::get<Limit>(make_limit(algorithm, 10, 10 * ticks_per_second));
    State state = fresh(limit);
    out << id << std::string(25 - id.size(), ' ');
    int admitted = 0;
    for (int i = 0; i < 50; ++i) {
      if (i == 10) out << '|';
      const bool allowed = check(state, limit, border - ticks_per_second + i * tenth, 1).allowed;
      admitted += allowed ? 1 : 0;
      out << (allowed ? '#' : '.');
    }
    out << "  " << admitted << "\n";
  }
  return out.str();
}

}  // namespace

TEST_CASE("the study page shows what the algorithms do around a border") {
  const std::string drawn = figure();
  const std::string page = testing::read_file(SOURCE_DIR "/rate_limiter/README.md");
  INFO(drawn);
  CHECK(page.find("```\n" + drawn + "```\n") != std::string::npos);
}
