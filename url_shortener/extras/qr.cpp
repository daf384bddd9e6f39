#include "url_shortener/extras/qr.h"

#include <qrencode.h>

#include <cerrno>
#include <memory>
#include <new>

namespace url_shortener {
namespace {

constexpr int quiet_zone = 4;  // modules, on each side

struct FreeCode {
  void operator()(QRcode* code) const noexcept { QRcode_free(code); }
};
using Code = std::unique_ptr<QRcode, FreeCode>;

QRecLevel level_of(QrCorrection correction) noexcept {
  switch (correction) {
    case QrCorrection::low:
      return QR_ECLEVEL_L;
    case QrCorrection::medium:
      return QR_ECLEVEL_M;
    case QrCorrection::quartile:
      return QR_ECLEVEL_Q;
    case QrCorrection::high:
      break;
  }
  return QR_ECLEVEL_H;
}

// "M4 4h7v1h-7z": a rectangle for each run of dark modules in a row.
std::string path_of(const QRcode& code) {
  std::string path;
  const auto dark = [&](int x, int y) { return x < code.width && (code.data[y * code.width + x] & 1) != 0; };
  for (int y = 0; y < code.width; ++y) {
    for (int x = 0; x < code.width; ++x) {
      if (!dark(x, y)) continue;
      const int begin = x;
      while (dark(x, y))
        ++x;
      const std::string run = std::to_string(x - begin);
      path += "M" + std::to_string(begin + quiet_zone) + " " + std::to_string(y + quiet_zone) + "h" + run + "v1h-" +
              run + "z";
    }
  }
  return path;
}

}  // namespace

std::optional<QrCorrection> parse_qr_correction(std::string_view name) noexcept {
  if (name == "L") return QrCorrection::low;
  if (name == "M") return QrCorrection::medium;
  if (name == "Q") return QrCorrection::quartile;
  if (name == "H") return QrCorrection::high;
  return std::nullopt;
}

std::optional<std::string> qr_svg(const std::string& text, QrCorrection correction, std::size_t size) {
  const Code code(QRcode_encodeString8bit(text.c_str(), 0, level_of(correction)));
  if (!code) {
    if (errno == ENOMEM) throw std::bad_alloc();
    return std::nullopt;
  }
  const std::string side = std::to_string(code->width + 2 * quiet_zone);
  const std::string pixels = std::to_string(size);
  return R"(<svg xmlns="http://www.w3.org/2000/svg" width=")" + pixels + R"(" height=")" + pixels +
         R"(" viewBox="0 0 )" + side + " " + side + R"(" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h)" +
         side + "v" + side + "H0z" + R"("/><path d=")" + path_of(*code) + "\"/></svg>\n";
}

}  // namespace url_shortener
