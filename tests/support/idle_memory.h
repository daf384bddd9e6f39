// What idle keep-alive connections cost a server: the measurement that a small and a large test share.

#pragma once

#include <cstddef>

namespace testing {

// Opens `connections` to a fresh server, each of which makes a request and then keeps silent, and checks that its
// anonymous memory has grown by at most 4 KiB for each.
void check_idle_memory(std::size_t connections);

}  // namespace testing
