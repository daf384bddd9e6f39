#include "bench/core/cores.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>

namespace bench {
namespace {

// Which logical CPUs share a physical core with `cpu`, as the kernel lists them ("0,4"); CPUs with
// equal text are siblings.
std::string siblings_of(int cpu) {
  std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
  std::string text;
  if (!std::getline(file, text)) text = std::to_string(cpu);
  return text;
}

}  // namespace

std::vector<int> usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return {0};
  std::vector<int> first;
  std::vector<int> second;
  std::set<std::string> seen;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &set)) continue;
    (seen.insert(siblings_of(cpu)).second ? first : second).push_back(cpu);
  }
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

CorePlan plan_cores(unsigned server_threads, const std::vector<int>& cpus) {
  const auto for_server = std::min<std::size_t>(std::max(server_threads, 1u), cpus.size());
  CorePlan plan;
  plan.server.assign(cpus.begin(), cpus.begin() + static_cast<std::ptrdiff_t>(for_server));
  plan.client.assign(cpus.begin() + static_cast<std::ptrdiff_t>(for_server), cpus.end());
  if (plan.client.empty()) {
    plan.client.push_back(cpus.back());
    plan.shared = true;
  }
  if (plan.client.size() > for_server) plan.client.resize(for_server);
  return plan;
}

bool bind_this_thread(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus)
    CPU_SET(cpu, &set);
  return !cpus.empty() && sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace bench
