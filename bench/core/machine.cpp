#include "bench/core/machine.h"

#include <sqlite3.h>
#include <sys/statfs.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <boost/version.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string_view>

#include "bench/core/cores.h"

namespace bench {
namespace {

// The value behind the first "name<separator>" at the start of a line; empty when there is none.
std::string value_in(const char* path, std::string_view name, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto at = line.find(separator);
    if (!line.starts_with(name) || at == std::string::npos) continue;
    const auto start = line.find_first_not_of(" \t\"", at + 1);
    const auto end = line.find_last_not_of(" \t\"");
    return start == std::string::npos ? "" : line.substr(start, end + 1 - start);
  }
  return "";
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "g++ " __VERSION__;
#else
  return "unknown";
#endif
}

std::string filesystem_of(const std::filesystem::path& path) {
  struct statfs info {};
  if (statfs(path.c_str(), &info) != 0) return "unknown";
  // The magic numbers of statfs(2).
  switch (static_cast<unsigned long>(info.f_type)) {
    case 0xEF53:
      return "ext4";
    case 0x58465342:
      return "xfs";
    case 0x9123683E:
      return "btrfs";
    case 0x01021994:
      return "tmpfs (memory: syncing costs nothing there)";
    case 0x794C7630:
      return "overlayfs";
    case 0x2FC12FC1:
      return "zfs";
    default:
      return "another";
  }
}

// The first line that a shell command prints; empty if there is none.
std::string first_line_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 256> line{};
  if (!pipe || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return "";
  std::string text = line.data();
  text.erase(std::min(text.find('\n'), text.size()));
  return text;
}

// For a shell; empty when it cannot be quoted simply.
std::string quoted(const std::filesystem::path& path) {
  const std::string text = path.string();
  return text.find('\'') == std::string::npos ? "'" + text + "'" : "";
}

}  // namespace

std::string revision_of(const std::filesystem::path& source) {
  if (quoted(source).empty()) return "";
  const std::string git = "git --no-optional-locks -C " + quoted(source);
  const std::string commit = first_line_of(git + " describe --always 2>/dev/null");
  if (commit.empty()) return "";
  const std::string sources = " -- . ':(exclude)bench/results' ':(exclude)*.md'";
  const std::string changed = first_line_of(git + " status --porcelain" + sources + " 2>/dev/null || echo unknown");
  return changed.empty() ? commit : commit + "-dirty";
}

Machine describe_machine(const std::filesystem::path& scratch, const std::filesystem::path& source) {
  Machine machine;
  machine.cpu = value_in("/proc/cpuinfo", "model name", ':');
  if (machine.cpu.empty()) machine.cpu = "unknown CPU";
  machine.cpus = static_cast<int>(usable_cpus().size());
  machine.virtual_machine = value_in("/proc/cpuinfo", "flags", ':').find(" hypervisor") != std::string::npos;
  machine.memory_gib = std::strtod(value_in("/proc/meminfo", "MemTotal", ':').c_str(), nullptr) / (1024.0 * 1024.0);
  utsname system{};
  if (uname(&system) == 0) machine.kernel = std::string(system.sysname) + " " + system.release;
  machine.distribution = value_in("/etc/os-release", "PRETTY_NAME", '=');
  machine.compiler = compiler();
  machine.build_type = LOADBEARING_BUILD_TYPE;
  machine.libraries["Boost"] = std::to_string(BOOST_VERSION / 100'000) + "." +
                               std::to_string(BOOST_VERSION / 100 % 1000) + "." + std::to_string(BOOST_VERSION % 100);
  machine.libraries["SQLite"] = sqlite3_libversion();
  machine.scratch_filesystem = filesystem_of(scratch);
  machine.revision = revision_of(source);
  return machine;
}

std::string version_of(const std::filesystem::path& program) {
  if (quoted(program).empty()) return "";
  const std::string line = first_line_of(quoted(program) + " -v 2>&1");
  return line.substr(line.find_last_of("/ ") + 1);
}

std::string short_name(const Machine& machine) {
  const std::string kernel = machine.kernel.substr(0, machine.kernel.find('.', machine.kernel.find('.') + 1));
  return std::to_string(machine.cpus) + (machine.cpus == 1 ? " core of " : " cores of ") + machine.cpu + " (" +
         (machine.virtual_machine ? "virtual machine, " : "") + kernel + ", " + machine.distribution + ")";
}

}  // namespace bench
