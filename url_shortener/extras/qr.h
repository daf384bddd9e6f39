// A text as a QR code (ISO/IEC 18004), drawn as SVG. The code itself is libqrencode's, the picture ours: one path, a
// rectangle for each run of dark modules, in a quiet zone of the standard's four modules, dark on light. Pure.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace url_shortener {

// How much of the picture may be lost: about 7, 15, 25, 30 %.
enum class QrCorrection { low, medium, quartile, high };

// "L", "M", "Q", "H".
std::optional<QrCorrection> parse_qr_correction(std::string_view name) noexcept;

// `size`: pixels of a side, as the picture says; it can be scaled. nullopt when the text is too long for a QR code.
std::optional<std::string> qr_svg(const std::string& text, QrCorrection correction, std::size_t size);

}  // namespace url_shortener
