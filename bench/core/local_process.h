// Finds the process of an engine, so that what it uses is not taken for somebody else's.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

// `pid`, if it is a process of this machine and has that name; else nothing. For Subject::processes().
std::vector<pid_t> local_process(pid_t pid, const std::string& name);

// Whatever listens at that port on this machine, of what we may look at; likewise.
std::vector<pid_t> listener_at(std::uint16_t port);

}  // namespace bench
