// The inbox as a provider: it can tell a repetition, and answers when the item is durable.

#pragma once

#include "common/clock.h"
#include "notifier/inbox_store.h"
#include "notifier/provider.h"

namespace notifier {

class ProviderInApp final : public Provider {
 public:
  ProviderInApp(InboxStore& inbox, const common::Clock& clock) : inbox_(inbox), clock_(clock) {}

  std::string_view name() const noexcept override { return "inbox"; }
  common::Task<std::vector<Outcome>> send(const std::vector<Attempt>& attempts) override;

 private:
  InboxStore& inbox_;
  const common::Clock& clock_;
};

}  // namespace notifier
