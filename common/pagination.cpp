#include "common/pagination.h"

#include <charconv>

#include "common/text.h"

namespace common {
namespace {

constexpr char format_version = 1;
constexpr std::size_t checksum_bytes = 4;

// FNV-1a (Fowler, Noll, Vo), 32 bits: against accidents, not against attackers.
std::uint32_t checksum(std::string_view list, std::string_view payload) {
  std::uint32_t hash = 2'166'136'261U;
  const auto mix = [&hash](char c) { hash = (hash ^ static_cast<std::uint8_t>(c)) * 16'777'619U; };
  for (const char c : list)
    mix(c);
  mix('\0');
  for (const char c : payload)
    mix(c);
  return hash;
}

void append_big_endian(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;)
    out.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

// Takes a number of `bytes` bytes off the front; nullopt when there are fewer.
std::optional<std::uint64_t> take_big_endian(std::string_view& in, std::size_t bytes) {
  if (in.size() < bytes) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : in.substr(0, bytes))
    value = value << 8 | static_cast<std::uint8_t>(c);
  in.remove_prefix(bytes);
  return value;
}

// Takes one field of the wanted kind off the front.
std::optional<CursorField> take_field(std::string_view& in, char kind) {
  if (in.empty() || in[0] != kind) return std::nullopt;
  in.remove_prefix(1);
  if (kind == 'i') {
    const auto value = take_big_endian(in, 8);
    if (!value) return std::nullopt;
    return static_cast<std::int64_t>(*value);
  }
  const auto size = take_big_endian(in, 2);
  if (!size || in.size() < *size) return std::nullopt;
  std::string text(in.substr(0, *size));
  in.remove_prefix(*size);
  return text;
}

}  // namespace

std::string encode_cursor(std::string_view list, const std::vector<CursorField>& fields) {
  std::string bytes(1, format_version);
  for (const CursorField& field : fields) {
    if (const auto* number = std::get_if<std::int64_t>(&field)) {
      bytes.push_back('i');
      append_big_endian(bytes, static_cast<std::uint64_t>(*number), 8);
    } else {
      const std::string& text = std::get<std::string>(field);
      bytes.push_back('t');
      append_big_endian(bytes, text.size(), 2);
      bytes += text;
    }
  }
  append_big_endian(bytes, checksum(list, bytes), checksum_bytes);
  return base64url_encode(bytes);
}

Result<std::vector<CursorField>> decode_cursor(std::string_view list, std::string_view text, std::string_view kinds) {
  const Error refused{Failure::invalid, "cursor was not issued by this list"};
  if (text.size() > cursor_text_max) return refused;
  const auto bytes = base64url_decode(text);
  if (!bytes || bytes->size() < 1 + checksum_bytes) return refused;
  const std::string_view payload = std::string_view(*bytes).substr(0, bytes->size() - checksum_bytes);
  std::string_view tail = std::string_view(*bytes).substr(payload.size());
  if (take_big_endian(tail, checksum_bytes) != checksum(list, payload)) return refused;
  if (payload[0] != format_version) return refused;

  std::string_view rest = payload.substr(1);
  std::vector<CursorField> fields;
  for (const char kind : kinds) {
    auto field = take_field(rest, kind);
    if (!field) return refused;
    fields.push_back(*std::move(field));
  }
  if (!rest.empty()) return refused;
  return fields;
}

Result<std::size_t> parse_page_limit(std::optional<std::string_view> text) {
  if (!text) return page_limit_default;
  std::size_t value = 0;
  const char* const end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, value);
  if (error == std::errc{} && at == end && value >= 1 && value <= page_limit_max) return value;
  return Error{Failure::invalid, "must be a whole number from 1 to " + std::to_string(page_limit_max)};
}

}  // namespace common
