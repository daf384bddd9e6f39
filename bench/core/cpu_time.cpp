#include "bench/core/cpu_time.h"

#include <time.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace bench {
namespace {

using std::chrono::nanoseconds;

std::string proc_file(pid_t pid, const char* name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

nanoseconds tick_length() {
  return nanoseconds(std::chrono::seconds(1)) / sysconf(_SC_CLK_TCK);
}

// The number of kilobytes behind "Name:" in smaps_rollup or status, in bytes.
std::uint64_t field_bytes(const std::string& text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string::npos) return 0;
  return std::strtoull(text.c_str() + at + name.size(), nullptr, 10) * 1024;
}

}  // namespace

nanoseconds CpuTime::user() const noexcept {
  const auto ticks = static_cast<double>((user_ticks + system_ticks).count());
  if (ticks <= 0) return {};
  const double share = static_cast<double>(user_ticks.count()) / ticks;
  return nanoseconds(static_cast<std::int64_t>(static_cast<double>(total.count()) * share));
}

CpuTime& CpuTime::operator+=(const CpuTime& other) noexcept {
  total += other.total;
  user_ticks += other.user_ticks;
  system_ticks += other.system_ticks;
  return *this;
}

CpuTime operator-(const CpuTime& a, const CpuTime& b) noexcept {
  return {.total = a.total - b.total,
          .user_ticks = a.user_ticks - b.user_ticks,
          .system_ticks = a.system_ticks - b.system_ticks};
}

StatLine parse_stat(std::string_view line) {
  const auto name_end = line.rfind(')');
  if (name_end == std::string_view::npos) return {};
  std::istringstream rest{std::string(line.substr(name_end + 1))};
  StatLine stat;
  std::string skipped;
  rest >> skipped >> stat.parent;  // fields 3 and 4
  for (int i = 5; i <= 13; ++i)
    rest >> skipped;                             // up to the page-fault counts
  rest >> stat.user_ticks >> stat.system_ticks;  // fields 14 and 15 (proc(5))
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  if (rest >> user >> system) stat.ended_children_ticks = user + system;  // fields 16 and 17
  return stat;
}

CpuTime cpu_time(pid_t pid) {
  clockid_t clock{};
  timespec value{};
  if (pid <= 0) return {};  // 0 would mean this process
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &value) != 0) return {};
  const StatLine stat = parse_stat(proc_file(pid, "stat"));
  const nanoseconds tick = tick_length();
  return {.total = std::chrono::seconds(value.tv_sec) + nanoseconds(value.tv_nsec),
          .user_ticks = tick * static_cast<std::int64_t>(stat.user_ticks),
          .system_ticks = tick * static_cast<std::int64_t>(stat.system_ticks)};
}

CpuTime cpu_time(std::span<const pid_t> pids) {
  CpuTime sum;
  for (const pid_t pid : pids)
    sum += cpu_time(pid);
  return sum;
}

nanoseconds cpu_time_of_ended_children(std::span<const pid_t> pids) {
  nanoseconds sum{};
  for (const pid_t pid : pids)
    sum += tick_length() * static_cast<std::int64_t>(parse_stat(proc_file(pid, "stat")).ended_children_ticks);
  return sum;
}

std::vector<pid_t> process_tree(pid_t pid) {
  std::multimap<pid_t, pid_t> children;
  std::error_code error;  // processes come and go while the list is read
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    pid_t child = 0;
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), child);
    if (bad != std::errc{} || end != name.data() + name.size()) continue;
    children.emplace(parse_stat(proc_file(child, "stat")).parent, child);
  }
  std::vector<pid_t> tree{pid};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const auto [first, last] = children.equal_range(tree[i]);
    for (auto it = first; it != last; ++it)
      tree.push_back(it->second);
  }
  return tree;
}

Memory memory_of(pid_t pid) {
  const std::string rollup = proc_file(pid, "smaps_rollup");
  const std::string status = proc_file(pid, "status");
  return {.anonymous_bytes = field_bytes(rollup, "Anonymous:"),
          .resident_bytes = field_bytes(rollup, "Rss:"),
          .peak_resident_bytes = field_bytes(status, "VmHWM:")};
}

}  // namespace bench
