#include "tests/support/catch.h"
#include "tests/support/idle_memory.h"

TEST_CASE("ten thousand idle keep-alive connections cost at most 4 KiB of memory each") {
  testing::check_idle_memory(10'000);
}
