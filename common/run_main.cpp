#include "common/run_main.h"

#include <exception>
#include <iostream>

#include "common/config/options.h"

namespace common {

int run_main(const char* name, const std::function<void()>& program) {
  try {
    program();
    return 0;
  } catch (const UsageError& error) {
    std::cerr << name << ": " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << '\n';
    return 1;
  }
}

}  // namespace common
