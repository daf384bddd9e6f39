#include "tests/support/idle_memory.h"

#include "tests/support/catch.h"

TEST_CASE("two thousand idle keep-alive connections cost at most 4 KiB of memory each") {
  testing::check_idle_memory(2000);
}
