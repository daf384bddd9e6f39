// counter_block: the store's counter in base 62, leased in blocks of 1,000: "range server", "hi-lo", "ZooKeeper hands
// out ranges", Flickr's ticket servers (2010).
//
// What `counter` pays for each link, one durable write, this pays for a thousand; between leases no store is asked.
// The price: codes of several processes are not in the order of their creation, and what a process has left of its
// block when it dies is lost. Lost is safe: the counter stands behind the block already, so nobody gets it again.
// Codes tell as much as `counter`'s do. Thread-safe.

#pragma once

#include <cstdint>
#include <string>

#include "url_shortener/code_generator.h"
#include "url_shortener/leased_ids.h"

namespace url_shortener {

class CodeGeneratorCounterBlock final : public CodeGenerator {
 public:
  static constexpr std::uint64_t block_size = 1000;
  static constexpr unsigned natural_length = 1;

  // Codes have at least `code_length` characters, padded with '0'. `ids` outlives this.
  CodeGeneratorCounterBlock(IdSource& ids, unsigned code_length) : ids_(ids, block_size), code_length_(code_length) {}

  common::Task<common::Result<std::string>> next(std::string_view long_url, CodeAttempt attempt) override;
  unsigned taken_max() const noexcept override { return taken_max_of_counters; }

 private:
  LeasedIds ids_;
  const unsigned code_length_;
};

}  // namespace url_shortener
