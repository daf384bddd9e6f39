#include "bench/core/local_process.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace bench {
namespace {

namespace fs = std::filesystem;

// What /proc/PID/fd shows for the sockets that listen at `port`.
std::set<std::string> listening_sockets(std::uint16_t port) {
  std::set<std::string> sockets;
  for (const char* const table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    std::string line;
    std::getline(file, line);  // headings
    while (std::getline(file, line)) {
      std::istringstream words(line);
      std::string number, local, remote, state, queues, timer, retransmits, user, timeout, inode;
      words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
      const bool here = std::strtoul(local.c_str() + local.rfind(':') + 1, nullptr, 16) == port;
      if (here && state == "0A") sockets.insert("socket:[" + inode + "]");
    }
  }
  return sockets;
}

bool holds_one(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code ignored;  // a process may end, or be another user's
  for (const auto& file : fs::directory_iterator(process / "fd", ignored)) {
    if (sockets.contains(fs::read_symlink(file.path(), ignored).string())) return true;
  }
  return false;
}

}  // namespace

std::vector<pid_t> local_process(pid_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string found;
  if (pid <= 0 || !std::getline(file, found) || found != name) return {};
  return {pid};
}

std::vector<pid_t> listener_at(std::uint16_t port) {
  const auto sockets = listening_sockets(port);
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0 && holds_one(entry.path(), sockets)) found.push_back(pid);
  }
  return found;
}

}  // namespace bench
