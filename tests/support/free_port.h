// A TCP port of 127.0.0.1 that was free a moment ago: for programs that must be told one. Somebody else may take it
// before they do; who can take port 0 does.

#pragma once

#include <cstdint>

namespace testing {

// Throws std::runtime_error when there is none.
std::uint16_t free_port();

}  // namespace testing
