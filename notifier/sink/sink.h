// What both doors of notifier_sink share: the witness' log, and how it is to misbehave.
//
// A message is known by its delivery key, which providers carry: in Message-ID, Idempotency-Key, apns-id, webhook-id.
// Thread-safe.

#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/random.h"
#include "notifier/sink/fault_plan.h"
#include "notifier/witness_log.h"

namespace notifier {

// "NOTIFICATION:USER:CHANNEL" in its parts; nullopt when it is none.
std::optional<WitnessLine> line_of_key(std::string_view key);

class Sink {
 public:
  Sink(WitnessLog& log, std::vector<FaultRule> faults, const common::Clock& clock)
      : log_(log), clock_(clock), faults_(std::move(faults)) {}

  // What the next message is to meet, if anything.
  std::optional<std::string> fault() {
    const std::lock_guard lock(mutex_);
    return strike(faults_, common::thread_random());
  }

  // Writes it down.
  void take(WitnessLine line) { log_.write({std::move(line)}, clock_.now()); }

 private:
  WitnessLog& log_;
  const common::Clock& clock_;
  std::mutex mutex_;  // guards faults_
  std::vector<FaultRule> faults_;
};

}  // namespace notifier
