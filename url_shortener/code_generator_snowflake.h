// snowflake: time, machine number and sequence in one id (snowflake.h), ten characters of base 62.
//
// Right when writing a counter for each link, or each thousand, is too much coordination: here a process asks the store
// once in five seconds, for a lease of its machine number, whatever it creates. It hurts in length, three characters
// more than seven; and a code tells everybody when it was made, by which process, and which was the one before.
//
// The lease is 10 s long and extended in the background once half of it is used. While the store is away codes are made
// until the lease is over, then there are none (`unavailable`). After the clock stepped back by more than 2 s
// there are none until it has caught up; a process started anew has another machine number and goes on at once.
//
// Thread-safe. The lock covers the tick, and no store is asked under it.

#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "common/clock.h"
#include "common/random.h"
#include "url_shortener/code_generator.h"
#include "url_shortener/machine_ids.h"
#include "url_shortener/refill.h"
#include "url_shortener/snowflake.h"

namespace url_shortener {

class CodeGeneratorSnowflake final : public CodeGenerator {
 public:
  static constexpr std::chrono::milliseconds lease_length{10'000};

  // `machines` and `clock` outlive this; `random` names the owner.
  CodeGeneratorSnowflake(MachineIds& machines, const common::Clock& clock, common::Random& random);

  common::Task<common::Result<std::string>> next(std::string_view long_url, CodeAttempt attempt) override;

 private:
  struct Draw {
    Snowflake::Outcome outcome;
    bool lease_due;  // half of it is used
  };

  Draw draw();
  common::Task<common::Result<>> lease();
  Millisecond now() const;

  MachineIds& machines_;
  const common::Clock& clock_;
  const std::string owner_;
  Refill lease_;

  std::mutex mutex_;  // guards snowflake_; never held across a co_await
  Snowflake snowflake_;
};

}  // namespace url_shortener
