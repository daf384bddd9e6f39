#include "common/trace.h"

#include <algorithm>
#include <cstring>

#include "common/text.h"

namespace common {
namespace {

constexpr std::size_t traceparent_size = 55;

// Random and not all zeros, which the standard forbids.
template <std::size_t N>
std::array<std::uint8_t, N> random_id(Random& random) {
  std::array<std::uint8_t, N> id{};
  for (std::size_t i = 0; i < N; i += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    while (word == 0)
      word = random.next();
    std::memcpy(&id[i], &word, sizeof(word));
  }
  return id;
}

template <std::size_t N>
std::string_view as_text(const std::array<std::uint8_t, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// 2 * N lower-case digits, not all zeros.
template <std::size_t N>
bool read_id(std::string_view text, std::array<std::uint8_t, N>& id) {
  const auto bytes = hex_decode(text);
  if (!bytes) return false;
  std::memcpy(id.data(), bytes->data(), N);
  return std::any_of(id.begin(), id.end(), [](std::uint8_t byte) { return byte != 0; });
}

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

TraceContext TraceContext::child(Random& random) const {
  return {trace_id, random_id<8>(random), sampled};
}

TraceContext new_trace(Random& random, bool sampled) {
  return {random_id<16>(random), random_id<8>(random), sampled};
}

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  if (text.size() < traceparent_size) return std::nullopt;
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace = text.substr(3, 32);
  const std::string_view span = text.substr(36, 16);
  const std::string_view flags = text.substr(53, 2);
  for (const std::string_view field : {version, trace, span, flags}) {
    if (!is_lower_hex(field)) return std::nullopt;
  }
  if (version == "ff") return std::nullopt;
  if (text.size() > traceparent_size && (version == "00" || text[traceparent_size] != '-')) {
    return std::nullopt;
  }
  TraceContext context;
  if (!read_id(trace, context.trace_id) || !read_id(span, context.span_id)) return std::nullopt;
  context.sampled = (hex_decode(flags)->front() & 1) != 0;
  return context;
}

std::string format_traceparent(const TraceContext& context) {
  std::string text;
  text.reserve(traceparent_size);
  text += "00-";
  text += trace_id_text(context);
  text += '-';
  text += span_id_text(context.span_id);
  text += context.sampled ? "-01" : "-00";
  return text;
}

std::string trace_id_text(const TraceContext& context) {
  return hex_encode(as_text(context.trace_id));
}

std::string span_id_text(const SpanId& id) {
  return hex_encode(as_text(id));
}

}  // namespace common
