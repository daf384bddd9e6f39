// The command line of loadbearing_bench, which is that of `./run bench`.
//
//   [SYSTEM [ALTERNATIVE…]] [--list] [--quick] [--services] [--record] [--help]
//
// An ALTERNATIVE is the name of one of the system's comparisons, or of a row in them: a comparison
// is then run with that row and the baselines of its groups only. Nothing named: everything.

#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "bench/core/comparison.h"

namespace bench {

struct Options {
  std::string system;
  std::vector<std::string> alternatives;
  bool list = false;
  bool quick = false;
  bool services = false;
  bool record = false;
};

// Something to print and leave with: the help (exit code 0), or what is wrong (2).
struct Leave : std::runtime_error {
  Leave(int code, const std::string& message) : std::runtime_error(message), exit_code(code) {}
  int exit_code;
};

// `arguments` without the program's name. Throws Leave.
Options parse_options(std::vector<std::string> arguments);

// One comparison to run, and which of its rows (none named: all).
struct Selected {
  const Comparison* comparison = nullptr;
  std::vector<std::string> rows;
};

// What the options ask for. Throws Leave, listing the choices, for an unknown name.
std::vector<Selected> select(const std::vector<Comparison>& all, const Options& options);

// Every comparison with its rows, for --list.
std::string listing(const std::vector<Comparison>& all, const Environment& environment);

// Throws std::logic_error unless ids are unique and well formed, and no system takes over 3
// minutes.
void check(const std::vector<Comparison>& all);

}  // namespace bench
