// Who runs on which CPU: a server and its client never share a core if the machine has enough.
//
// The order of preference takes one logical CPU of each physical core before any second
// hyperthread, and only CPUs that this process may use (taskset, containers).

#pragma once

#include <vector>

namespace bench {

// CPUs that this process may use, first siblings first.
std::vector<int> usable_cpus();

struct CorePlan {
  std::vector<int> server;
  std::vector<int> client;
  bool shared = false;  // some CPU serves both: there are too few
};

// CPUs for a server of `server_threads` threads, and for its load generator. On 2 CPUs a server of
// two threads shares one with the client; on 1 CPU everything shares it.
CorePlan plan_cores(unsigned server_threads, const std::vector<int>& cpus);

// Binds the calling thread, and what it starts, to `cpus`. Best effort: says whether it worked.
bool bind_this_thread(const std::vector<int>& cpus);

}  // namespace bench
