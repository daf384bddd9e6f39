#include "notifier/queue.h"

#include <charconv>

namespace notifier {

std::string to_text(const Message& message) {
  std::string text = std::to_string(message.notification);
  text.append(" ").append(std::to_string(message.channels.bits()));
  text.append(" ").append(std::to_string(message.not_before.time_since_epoch().count()));
  return text;
}

bool read_message(std::string_view text, Message& message) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::int64_t numbers[3]{};
  for (int i = 0; i < 3; ++i) {
    if (i > 0 && (at == end || *at++ != ' ')) return false;
    const auto [next, error] = std::from_chars(at, end, numbers[i]);
    if (error != std::errc{}) return false;
    at = next;
  }
  message.notification = numbers[0];
  message.channels = Channels(static_cast<std::uint8_t>(numbers[1]));
  message.not_before = common::TimePoint{std::chrono::microseconds{numbers[2]}};
  return at == end;
}

std::uint32_t partition_of(std::string_view user, std::uint32_t count) noexcept {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : user)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  hash ^= hash >> 33;  // short keys leave the high bits as they were: u1 to u39 went to two partitions of four
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  return static_cast<std::uint32_t>(hash % count);
}

}  // namespace notifier
