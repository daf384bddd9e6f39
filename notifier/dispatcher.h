// Sends attempts by their channel's provider, and makes of the answers what the ledger is to hold.
//
// Each channel has one provider (a list of them is itself one: provider_failover.h) and one policy. Thread-safe: what
// it refers to is.

#pragma once

#include <array>

#include "common/clock.h"
#include "common/metrics.h"
#include "common/span.h"
#include "notifier/provider.h"

namespace notifier {

struct Carrier {
  Provider* provider = nullptr;
  RetryPolicy policy;
};
using Carriers = std::array<Carrier, all_channels.size()>;

class Dispatcher {
 public:
  Dispatcher(Carriers carriers, const common::Clock& clock, common::SpanSink& spans, common::Metrics& metrics);

  struct Sent {
    Outcome outcome;
    Decision decision;
  };
  // All of one channel. One for each, in their order. The attempts' trace is handed on to the provider.
  common::Task<std::vector<Sent>> send(Channel channel, std::vector<Attempt>& attempts);

  const RetryPolicy& policy(Channel channel) const noexcept {
    return carriers_[static_cast<std::size_t>(channel)].policy;
  }

 private:
  const Carriers carriers_;
  const common::Clock& clock_;
  common::SpanSink& spans_;
  std::array<std::array<prometheus::Counter*, state_count>, all_channels.size()> outcomes_{};
};

}  // namespace notifier
