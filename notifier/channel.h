// The ways to a person: e-mail, SMS, push, webhook, and the inbox inside the application. Pure.
//
// A set of channels is five bits: it is written into every message of a queue and every row of the ledger.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace notifier {

enum class Channel : std::uint8_t { email, sms, push, webhook, in_app };

inline constexpr std::array<std::string_view, 5> channel_names = {"email", "sms", "push", "webhook", "in_app"};
inline constexpr std::array<Channel, 5> all_channels = {Channel::email, Channel::sms, Channel::push, Channel::webhook,
                                                        Channel::in_app};

constexpr std::string_view to_string(Channel channel) noexcept {
  return channel_names[static_cast<std::size_t>(channel)];
}

// By name; the inbox also as "in-app" and "inbox".
constexpr std::optional<Channel> channel_of(std::string_view name) noexcept {
  if (name == "in-app" || name == "inbox") return Channel::in_app;
  for (const Channel channel : all_channels) {
    if (to_string(channel) == name) return channel;
  }
  return std::nullopt;
}

class Channels {
 public:
  constexpr Channels() = default;
  constexpr explicit Channels(std::uint8_t bits) : bits_(bits & 31) {}

  constexpr Channels with(Channel channel) const { return Channels(static_cast<std::uint8_t>(bits_ | bit(channel))); }
  constexpr bool has(Channel channel) const noexcept { return (bits_ & bit(channel)) != 0; }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  constexpr int count() const noexcept { return __builtin_popcount(bits_); }
  constexpr std::uint8_t bits() const noexcept { return bits_; }
  constexpr bool operator==(const Channels&) const = default;

 private:
  static constexpr std::uint8_t bit(Channel channel) {
    return static_cast<std::uint8_t>(1U << static_cast<int>(channel));
  }
  std::uint8_t bits_ = 0;
};

constexpr Channels only(Channel channel) {
  return Channels{}.with(channel);
}

}  // namespace notifier
