// What a result was measured on and with: a number without this is not a measurement.

#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace bench {

struct Machine {
  std::string cpu;  // as the kernel names it
  int cpus = 0;     // that this process may use
  bool virtual_machine = false;
  double memory_gib = 0;
  std::string kernel;
  std::string distribution;
  std::string compiler;
  std::string build_type;
  std::map<std::string, std::string> libraries;  // and programs, with their versions
  std::string scratch_filesystem;                // what databases were written to
  std::string revision;                          // of the sources; empty when git cannot say
};

// `scratch` is an existing folder; `source` the repository's root.
Machine describe_machine(const std::filesystem::path& scratch, const std::filesystem::path& source);

// "v0.1-3-gabc1234" or "abc1234", with "-dirty" behind it when anything that could change a result differs from that
// commit: not documents (*.md), nor bench/results itself. Files git does not know count, since the build finds new
// sources by itself. Empty without git or without a commit.
std::string revision_of(const std::filesystem::path& source);

// What `program -v` prints behind its last slash or blank: "1.22.1" of nginx. Empty when it prints nothing.
std::string version_of(const std::filesystem::path& program);

// "2 cores of AMD EPYC (virtual machine, Linux 6.18, Debian GNU/Linux 12)": for a sentence.
std::string short_name(const Machine& machine);

}  // namespace bench
