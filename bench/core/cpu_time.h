// What a process costs, as the operating system counts it: CPU time of all its threads, and memory.
//
// CPU time is the scheduler's own nanosecond counter of the process (its POSIX CPU-time clock, the
// sum of /proc/PID/task/*/schedstat), finished threads included. User and system shares come from
// /proc/PID/stat, whose 10 ms ticks are too coarse for the total but good enough for the split.
// The counter of a running thread lags by up to a scheduler tick (4 ms at 250 Hz): read it when the
// process is idle.
//
// Kernels built with IRQ_TIME_ACCOUNTING (Fedora, Arch) keep interrupt time apart, so there a
// request looks cheaper than on Debian's: ratios hold, absolute costs are not comparable across
// such kernels.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace bench {

struct CpuTime {
  std::chrono::nanoseconds total{};
  std::chrono::nanoseconds user_ticks{};  // coarse: good for the share only
  std::chrono::nanoseconds system_ticks{};

  // The part of `total` spent in user space, as the ticks say; the rest was in the kernel.
  std::chrono::nanoseconds user() const noexcept;

  CpuTime& operator+=(const CpuTime& other) noexcept;
  friend CpuTime operator-(const CpuTime& a, const CpuTime& b) noexcept;
};

// CPU time that `pid` has used since it started; all zero when there is no such process.
CpuTime cpu_time(pid_t pid);

// Their sum.
CpuTime cpu_time(std::span<const pid_t> pids);

// `pid` and all its living descendants.
std::vector<pid_t> process_tree(pid_t pid);

struct Memory {
  std::uint64_t anonymous_bytes = 0;      // heap and stacks
  std::uint64_t resident_bytes = 0;       // with mapped files
  std::uint64_t peak_resident_bytes = 0;  // since the process started
};

// All zero when there is no such process.
Memory memory_of(pid_t pid);

// What the children of these processes used that have ended and were waited for, and their children: theirs is in no
// clock any more. In ticks.
std::chrono::nanoseconds cpu_time_of_ended_children(std::span<const pid_t> pids);

// Of a line of /proc/PID/stat: utime, stime, and the sum of cutime and cstime, in ticks; the name in it may hold spaces
// and ')'.
struct StatLine {
  pid_t parent = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t ended_children_ticks = 0;
};
StatLine parse_stat(std::string_view line);

}  // namespace bench
