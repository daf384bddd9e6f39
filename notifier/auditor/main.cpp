// notifier_auditor: reads the accepted requests and the witnesses' logs, and says per channel how many deliveries were
// taken exactly once, never, or more often. Exits 0 only when all were taken exactly once.

#include <fstream>
#include <iostream>
#include <stdexcept>

#include "common/config/options.h"
#include "common/run_main.h"
#include "notifier/auditor/audit.h"

namespace {

template <class Take>
void each_line(const std::string& path, Take take) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) take(line);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bool clean = false;
  const int status = common::run_main("notifier_auditor", [&] {
    common::Options options("notifier_auditor", "counts what reached whom, by the witnesses alone");
    options.group("Input");
    std::string accepted;
    std::vector<std::string> witnesses;
    options.add("accepted", accepted,
                {.metavar = "FILE", .help = "requests that were answered 202, one JSON object a line"});
    options.add("witness", witnesses, {.metavar = "FILE", .help = "what a provider took; may be given again"});
    if (const auto text = options.parse(argc, argv)) {
      std::cout << *text;
      clean = true;
      return;
    }
    if (accepted.empty() || witnesses.empty()) throw common::UsageError("both --accepted and --witness are needed");
    notifier::Audit audit;
    each_line(accepted, [&](const std::string& line) { audit.accepted(line); });
    for (const auto& witness : witnesses)
      each_line(witness, [&](const std::string& line) { audit.witnessed(line); });
    std::cout << audit.report();
    clean = true;
    for (const auto channel : notifier::all_channels) {
      const auto counts = audit.counts(channel);
      clean = clean && counts.none + counts.two_or_more + counts.unexpected == 0;
    }
  });
  return status != 0 ? status : clean ? 0 : 3;
}
