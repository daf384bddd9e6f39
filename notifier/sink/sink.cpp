#include "notifier/sink/sink.h"

#include <charconv>

namespace notifier {

std::optional<WitnessLine> line_of_key(std::string_view key) {
  const auto first = key.find(':');
  const auto last = key.rfind(':');
  if (first == std::string_view::npos || last == first) return std::nullopt;
  WitnessLine line;
  const auto [end, error] = std::from_chars(key.data(), key.data() + first, line.notification);
  const auto channel = channel_of(key.substr(last + 1));
  if (error != std::errc{} || end != key.data() + first || !channel) return std::nullopt;
  line.user = key.substr(first + 1, last - first - 1);
  line.channel = *channel;
  line.key = key;
  return line;
}

}  // namespace notifier
