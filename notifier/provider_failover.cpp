#include "notifier/provider_failover.h"

#include <algorithm>

namespace notifier {
namespace {

bool is_ill(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::deferred || outcome.kind == Outcome::Kind::uncertain;
}

}  // namespace

ProviderFailover::ProviderFailover(std::vector<Provider*> providers, const common::Clock& clock)
    : providers_(std::move(providers)), clock_(clock) {
  for (std::size_t i = 0; i < providers_.size(); ++i)
    breakers_.push_back(std::make_unique<common::Breaker>());
}

common::Task<std::vector<Outcome>> ProviderFailover::ask(std::size_t i, const std::vector<Attempt>& attempts) {
  common::Breaker& breaker = *breakers_[i];
  const Outcome passed_over{.kind = Outcome::Kind::deferred,
                            .reason = std::string(providers_[i]->name()) + " is passed over"};
  const bool probing = !breaker.allow() && breaker.probe_due(clock_.monotonic());
  if (!breaker.allow() && !probing) co_return std::vector<Outcome>(attempts.size(), passed_over);
  std::vector<Attempt> asked = attempts;
  if (probing) asked.resize(1);
  auto outcomes = co_await providers_[i]->send(asked);
  const bool ill = std::all_of(outcomes.begin(), outcomes.end(), is_ill);
  const auto now = clock_.monotonic();
  if (probing) {
    ill ? breaker.probe_failed(now) : breaker.probe_succeeded();
  } else {
    ill ? breaker.failed(now) : breaker.succeeded();
  }
  outcomes.resize(attempts.size(), passed_over);
  co_return outcomes;
}

common::Task<std::vector<Outcome>> ProviderFailover::send(const std::vector<Attempt>& attempts) {
  std::vector<Outcome> outcomes(attempts.size());
  std::vector<std::size_t> left(attempts.size());
  for (std::size_t i = 0; i < left.size(); ++i)
    left[i] = i;
  for (std::size_t provider = 0; provider < providers_.size() && !left.empty(); ++provider) {
    std::vector<Attempt> asked;
    for (const auto i : left)
      asked.push_back(attempts[i]);
    const auto answers = co_await ask(provider, asked);
    std::vector<std::size_t> still;
    for (std::size_t k = 0; k < left.size(); ++k) {
      outcomes[left[k]] = answers[k];
      if (answers[k].kind == Outcome::Kind::deferred) still.push_back(left[k]);
    }
    left = std::move(still);
  }
  co_return outcomes;
}

}  // namespace notifier
