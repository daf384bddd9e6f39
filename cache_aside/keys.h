// The names of cached rows: "user:42", "post:7", "following:42". Pure.

#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cache_aside {

inline constexpr std::string_view user_prefix = "user:";
inline constexpr std::string_view post_prefix = "post:";
inline constexpr std::string_view following_prefix = "following:";

inline std::string user_key(std::uint64_t id) {
  return std::string(user_prefix) + std::to_string(id);
}
inline std::string post_key(std::uint64_t id) {
  return std::string(post_prefix) + std::to_string(id);
}
// Whom this user follows.
inline std::string following_key(std::uint64_t user) {
  return std::string(following_prefix) + std::to_string(user);
}

// Whether the rows of this kind have a version that rises with each change. Those that have none are guarded by stamps.
inline bool is_versioned(std::string_view key) noexcept {
  return !key.starts_with(following_prefix);
}

// The number behind `prefix`; nullopt when it is another kind of key.
inline std::optional<std::uint64_t> id_of(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix)) return std::nullopt;
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(key.data() + prefix.size(), key.data() + key.size(), id);
  if (error != std::errc{} || end != key.data() + key.size()) return std::nullopt;
  return id;
}

}  // namespace cache_aside
