#include "bench/core/local_process.h"

#include <fstream>

namespace bench {

std::vector<pid_t> local_process(pid_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string found;
  if (pid <= 0 || !std::getline(file, found) || found != name) return {};
  return {pid};
}

}  // namespace bench
