#include "tests/support/running_runtime.h"

namespace testing {
namespace {

RunningRuntime* the_current = nullptr;

}  // namespace

RunningRuntime* RunningRuntime::current() noexcept {
  return the_current;
}

RunningRuntime::RunningRuntime(std::size_t threads) : background_(threads) {
  the_current = this;
}

void RunningRuntime::stop() {
  if (the_current == this) the_current = nullptr;
  background_.stop();
}

}  // namespace testing
