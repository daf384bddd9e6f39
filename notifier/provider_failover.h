// Several providers of one channel, in order: when one definitely failed, the next is asked.
//
//   1. Only a definite failure (deferred) goes on to the next. What is uncertain may have been taken: asking another
//      provider could tell somebody twice. What is rejected is rejected.
//   2. Each has a circuit breaker (common/resilience/breaker.h): after five batches in a row of which nothing was
//      taken, it is passed over, and twice a second one attempt finds out whether it is back.
//
// Thread-safe.

#pragma once

#include "common/clock.h"
#include "common/resilience/breaker.h"
#include "notifier/provider.h"

namespace notifier {

class ProviderFailover final : public Provider {
 public:
  ProviderFailover(std::vector<Provider*> providers, const common::Clock& clock);

  std::string_view name() const noexcept override { return providers_.front()->name(); }
  common::Task<std::vector<Outcome>> send(const std::vector<Attempt>& attempts) override;

 private:
  common::Task<std::vector<Outcome>> ask(std::size_t provider, const std::vector<Attempt>& attempts);

  const std::vector<Provider*> providers_;
  const common::Clock& clock_;
  std::vector<std::unique_ptr<common::Breaker>> breakers_;
};

}  // namespace notifier
