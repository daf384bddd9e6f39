// A summary as a file, so that what the docs say can be checked against what was measured.
//
// bench/results/local/SYSTEM_NAME.json is always written (git ignores it), SYSTEM_NAME.quick.json
// by a smoke run; bench/results/SYSTEM_NAME.json only with --record, and only by a run that is fit for it. The study
// pages quote nothing but the last.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/core/machine.h"
#include "bench/core/summary.h"
#include "common/json.h"

namespace bench {

common::json::value to_json(const Summary& summary, const Machine& machine, const std::string& command);

// Indented by two spaces; arrays of numbers on one line; numbers with at most six significant
// digits, so that files can be compared by eye and by diff.
std::string pretty(const common::json::value& value);

// Why this must not replace what the study pages quote, in one line; nullopt when it may. Fit is a run of all rows,
// none skipped or failed, that nothing warns against.
std::optional<std::string> unfit_to_record(const Summary& summary);

// Writes under `folder` (bench/results) and answers the files written: the recorded one only if it is asked for and
// fit. A file is replaced as a whole. Throws std::runtime_error when it cannot be written.
std::vector<std::filesystem::path> write_results(const Summary& summary, const common::json::value& result,
                                                 const std::filesystem::path& folder, bool record);

}  // namespace bench
