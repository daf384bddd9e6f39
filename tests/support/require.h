// For a test that needs something this machine may lack, such as a browser.
//
//   if (!testing::require_or_skip(!chromium.empty(), "no chromium in PATH")) return;
//
// With CI=true what is missing is a failure: there everything is installed. Elsewhere the reason is
// printed and ctest counts the test as skipped, by the line that begins with SKIPPED
// (tests/CMakeLists.txt).

#pragma once

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace testing {

// True when the test can go on.
inline bool require_or_skip(bool condition, const std::string& reason) {
  if (condition) return true;
  const char* const ci = std::getenv("CI");
  if (ci != nullptr && std::string_view(ci) == "true") FAIL("cannot run: " << reason);
  WARN("skipped: " << reason);
  std::cout << "SKIPPED: " << reason << std::endl;
  return false;
}

}  // namespace testing
