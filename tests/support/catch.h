// One include for Catch2 v2 (Debian 12) and v3 (Debian 13, Ubuntu 24.04).
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
namespace testing {
using Catch::Approx;
}
#else
#include <catch2/catch.hpp>
namespace testing {
using Catch::Detail::Approx;  // in v2 Catch::Approx is ambiguous with the vector matcher
}
#endif
