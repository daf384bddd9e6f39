#include "bench/core/foreign_load.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "bench/core/cpu_time.h"

namespace bench {
namespace {

using std::chrono::nanoseconds;

// The kernel's own threads, children of kthreadd where it can be seen; a container does not show them.
std::vector<pid_t> kernel_threads() {
  constexpr pid_t kthreadd = 2;
  std::ifstream file("/proc/2/comm");
  std::string name;
  return std::getline(file, name) && name == "kthreadd" ? process_tree(kthreadd) : std::vector<pid_t>{};
}

nanoseconds own_time(std::span<const pid_t> servers) {
  const pid_t self = getpid();
  return cpu_time(servers).total + cpu_time_of_ended_children(servers) + cpu_time(self).total +
         cpu_time_of_ended_children({&self, 1}) + cpu_time(kernel_threads()).total;
}

BusyTime busy_now() {
  std::ifstream file("/proc/stat");
  std::string line;
  std::getline(file, line);
  return parse_busy(line);
}

}  // namespace

BusyTime parse_busy(std::string_view first_line) {
  std::istringstream in{std::string(first_line)};
  std::string label;
  std::array<std::int64_t, 8> ticks{};  // user nice system idle iowait irq softirq steal
  in >> label;
  for (auto& tick : ticks)
    in >> tick;
  constexpr nanoseconds per_tick = std::chrono::milliseconds(10);
  return {.tasks = (ticks[0] + ticks[1] + ticks[2] + ticks[7]) * per_tick,
          .interrupts = (ticks[5] + ticks[6]) * per_tick};
}

void ForeignLoad::start(std::span<const pid_t> servers) {
  busy_ = busy_now();
  own_ = own_time(servers);
  started_ = std::chrono::steady_clock::now();
}

double ForeignLoad::stop(std::span<const pid_t> servers) {
  const BusyTime now = busy_now();
  unjudged_.busy.tasks += now.tasks - busy_.tasks;
  unjudged_.busy.interrupts += now.interrupts - busy_.interrupts;
  unjudged_.own += own_time(servers) - own_;
  unjudged_.wall += std::chrono::steady_clock::now() - started_;
  if (unjudged_.wall < wall_min) return 0;
  const Window window = std::exchange(unjudged_, {});
  return judge(window.busy, window.own, window.wall);
}

double ForeignLoad::judge(const BusyTime& busy, nanoseconds own, nanoseconds wall) {
  constexpr nanoseconds tick_error = std::chrono::milliseconds(40);
  if (busy.tasks + tick_error < own) interrupts_are_charged_to_tasks_ = true;
  const nanoseconds all = interrupts_are_charged_to_tasks_ ? busy.tasks + busy.interrupts : busy.tasks;
  const double foreign = std::chrono::duration<double>(all - own).count();
  const double seconds = std::chrono::duration<double>(wall).count();
  return seconds > 0 ? std::max(0.0, foreign / seconds) : 0;
}

}  // namespace bench
