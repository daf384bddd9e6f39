// Machine numbers of one process, for the memory store: its generators share them as processes share a database's.
// Thread-safe, by one lock.

#pragma once

#include <array>
#include <mutex>

#include "url_shortener/machine_ids.h"

namespace url_shortener {

class MachineIdsMemory final : public MachineIds {
 public:
  common::Task<common::Result<std::optional<MachineLease>>> lease(std::string owner, Millisecond now,
                                                                  std::chrono::milliseconds length) override;

 private:
  struct Row {
    std::string owner;
    Millisecond from;
    Millisecond until;
  };

  std::mutex mutex_;  // guards rows_
  std::array<Row, Snowflake::machines> rows_;
};

}  // namespace url_shortener
