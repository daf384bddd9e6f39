// What --email, --sms, --push and --webhook choose: a provider for each channel.

#pragma once

#include <memory>
#include <vector>

#include "common/clock.h"
#include "common/runtime/runtime.h"
#include "notifier/config.h"
#include "notifier/dispatcher.h"
#include "notifier/stores.h"
#include "notifier/witness_log.h"

namespace notifier {

// Owns the providers that the Carriers point to.
struct OpenCarriers {
  std::unique_ptr<WitnessLog> witness;
  std::vector<std::unique_ptr<Provider>> providers;
  Carriers carriers;
};

// `unsubscribe_secret`: signs the links in mails, which lead to `base_url`. Throws std::exception when the sink's log
// cannot be opened.
OpenCarriers open_carriers(const Config& config, common::Runtime& runtime, const Stores& stores,
                           const std::string& base_url, const common::Clock& clock);

}  // namespace notifier
