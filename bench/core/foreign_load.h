// How much of the machine other programs used while something was measured.
//
// /proc/stat says how long all CPUs were busy; what this program and its servers used is known; the rest is foreign: a
// compiler, a backup, or the hypervisor's other guests (steal). Kernel threads are not: while we measure what they do,
// such as writing files back, is mostly done for us. The unit is cores: 0.5 is half a core busy with something else.
//
// Interrupt time needs care. Most kernels charge it to whichever task was interrupted, so it is in
// our own processes' time too; kernels with IRQ_TIME_ACCOUNTING charge it to nobody. The first kind
// gives itself away: our tasks then use more than all non-interrupt time there is. Until it has,
// the kernel is taken for the second kind, which underestimates rather than cries wolf.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

namespace bench {

struct BusyTime {
  std::chrono::nanoseconds tasks{};       // user, nice, system, steal
  std::chrono::nanoseconds interrupts{};  // irq, softirq
};

// The first line of /proc/stat, whose ticks are 1/100 s; fields as in proc(5).
BusyTime parse_busy(std::string_view first_line);

class ForeignLoad {
 public:
  // `servers` are the processes that count as our own besides this one, with all their descendants.
  void start(std::span<const pid_t> servers);

  // Cores that others kept busy between start() and now, on average; never negative. Ticks tell too little of a short
  // time: then it is 0, and what happened counts towards the next answer. `servers` anew: some may have come or gone
  // meanwhile, such as a program that measures another.
  double stop(std::span<const pid_t> servers);

  // The judgement itself, pure: `busy` of the machine and `own` within `wall`.
  double judge(const BusyTime& busy, std::chrono::nanoseconds own, std::chrono::nanoseconds wall);

 private:
  struct Window {
    BusyTime busy;
    std::chrono::nanoseconds own{};
    std::chrono::nanoseconds wall{};
  };
  static constexpr std::chrono::milliseconds wall_min{250};  // 0.08 cores at most, if each of two CPUs is a tick off

  BusyTime busy_;
  std::chrono::nanoseconds own_{};
  std::chrono::steady_clock::time_point started_{};
  Window unjudged_;
  bool interrupts_are_charged_to_tasks_ = false;
};

}  // namespace bench
