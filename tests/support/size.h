// How large a test is: LOADBEARING_SIZE=small (the default) or full, and what a sanitizer makes of
// it.

#pragma once

#include <cstdlib>
#include <string_view>

namespace testing {

inline bool full_size() {
  const char* const size = std::getenv("LOADBEARING_SIZE");
  return size != nullptr && std::string_view(size) == "full";
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

// Where a bound is on time: programs under a sanitizer take several times as long.
inline constexpr int slowness = sanitized ? 8 : 1;

}  // namespace testing
