// How every program begins and ends: exit 0 when all went well, 1 with one clear line on stderr when it could not
// start, 2 when it was used wrongly.

#pragma once

#include <functional>

namespace common {

// Runs `program` and turns what it throws into an exit status: UsageError into 2, any other exception into 1.
int run_main(const char* name, const std::function<void()>& program);

}  // namespace common
