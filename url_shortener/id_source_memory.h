// Ids from an atomic counter; the key is drawn at the start. Both are gone with the process, as are the links of a
// memory store. Thread-safe, lock-free.

#pragma once

#include <atomic>
#include <string>

#include "url_shortener/id_source.h"

namespace url_shortener {

class IdSourceMemory final : public IdSource {
 public:
  IdSourceMemory();
  common::Task<common::Result<IdBlock>> lease(std::uint64_t count) override;
  common::Task<common::Result<std::string>> permutation_key() override;

 private:
  std::atomic<std::uint64_t> next_{0};
  const std::string key_;
};

}  // namespace url_shortener
