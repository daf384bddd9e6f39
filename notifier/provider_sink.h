// The sink: a provider that accepts everything and writes it down (witness_log.h). For trying out, and the witness of
// the tests: it dedupes by delivery key, so here "exactly once" can be seen.

#pragma once

#include "common/clock.h"
#include "notifier/provider.h"
#include "notifier/witness_log.h"

namespace notifier {

class ProviderSink final : public Provider {
 public:
  ProviderSink(WitnessLog& log, const common::Clock& clock) : log_(log), clock_(clock) {}

  std::string_view name() const noexcept override { return "sink"; }
  common::Task<std::vector<Outcome>> send(const std::vector<Attempt>& attempts) override;

 private:
  WitnessLog& log_;
  const common::Clock& clock_;
};

}  // namespace notifier
