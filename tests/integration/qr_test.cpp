// Whether others can read our QR codes: the server's SVG, made pixels here, read by zbar.

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/child_process.h"
#include "tests/support/require.h"
#include "tests/support/server_process.h"

using namespace testing;

namespace {

constexpr int scale = 4;  // pixels a module

bool zbar_is_there() {
  try {
    return run_program({"zbarimg", "--version"}).exit_code == 0;
  } catch (const std::runtime_error&) {
    return false;
  }
}

int number_behind(const std::string& text, const std::string& mark) {
  const auto at = text.find(mark);
  REQUIRE(at != std::string::npos);
  return std::atoi(text.c_str() + at + mark.size());
}

// The picture as a portable gray map: all light, then each "Mx yhNv1h-Nz" of the second path dark.
std::string pixels_of(const std::string& svg) {
  const int side = number_behind(svg, "viewBox=\"0 0 ") * scale;
  std::string map(static_cast<std::size_t>(side * side), '\xFF');
  const auto path = svg.rfind(" d=\"");
  REQUIRE(path != std::string::npos);
  std::istringstream runs(svg.substr(path + 4, svg.find('"', path + 4) - path - 4));
  int x = 0, y = 0, length = 0;
  for (std::string run; std::getline(runs, run, 'z');) {
    REQUIRE(std::sscanf(run.c_str(), "M%d %dh%dv1h-", &x, &y, &length) == 3);
    for (int row = y * scale; row < (y + 1) * scale; ++row)
      map.replace(static_cast<std::size_t>(row * side + x * scale), static_cast<std::size_t>(length * scale),
                  static_cast<std::size_t>(length * scale), '\0');
  }
  return "P5\n" + std::to_string(side) + " " + std::to_string(side) + "\n255\n" + map;
}

std::string read_by_zbar(const std::string& svg) {
  const TempFolder folder;
  const auto file = folder.path() / "qr.pgm";
  std::ofstream(file, std::ios::binary) << pixels_of(svg);
  const auto read = run_program({"zbarimg", "--quiet", "--raw", file.string()});
  INFO(read.errors);
  CHECK(read.exit_code == 0);
  return read.output.substr(0, read.output.find('\n'));
}

}  // namespace

TEST_CASE("a reader of QR codes reads the short URL, with each correction") {
  if (!require_or_skip(zbar_is_there(), "no zbarimg in PATH: package zbar-tools")) return;
  ServerProcess server({"--store", "memory", "--base-url", "https://links.example.org/go"});
  ApiClient api(server.port());
  for (const auto* alias : {"abc", "a-much-longer-alias_of-32-letters"}) {
    const auto made = api.post(
        "/shorten", R"({"longUrl":"https://example.com/","alias":")" + std::string(alias).substr(0, 32) + "\"}");
    REQUIRE(made.status == 201);
    for (const auto* correction : {"L", "M", "Q", "H"}) {
      INFO(alias << ", " << correction);
      const auto picture = api.get("/v1/links/" + text_at(made, "/shortCode") + "/qr?errorCorrection=" + correction);
      REQUIRE(picture.status == 200);
      CHECK(read_by_zbar(picture.body) == text_at(made, "/shortUrl"));
    }
  }
}
