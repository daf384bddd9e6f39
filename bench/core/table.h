// A summary as people read it: an aligned table a group, the aims, what to doubt, one sentence.

#pragma once

#include <string>
#include <vector>

#include "bench/core/summary.h"

namespace bench {

// `machine` as short_name() gives it.
std::string table(const Summary& summary, const std::string& machine);

// Cells in columns, the first aligned left, the others right; two spaces between. Counts
// characters, not bytes.
std::string aligned(const std::vector<std::vector<std::string>>& lines);

}  // namespace bench
