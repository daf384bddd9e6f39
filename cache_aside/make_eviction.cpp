#include "cache_aside/make_eviction.h"

#include <array>
#include <stdexcept>
#include <string>

#include "cache_aside/eviction_clock.h"
#include "cache_aside/eviction_lfu.h"
#include "cache_aside/eviction_lru.h"
#include "cache_aside/eviction_s3_fifo.h"
#include "cache_aside/eviction_sieve.h"
#include "cache_aside/eviction_w_tinylfu.h"

namespace cache_aside {

std::span<const EvictionChoice> eviction_choices() {
  static constexpr std::array<EvictionChoice, 6> choices{{
      {"sieve", "a queue and a hand that spares what was used, in its place"},
      {"lru", "least recently used"},
      {"lfu", "least frequently used, without ageing"},
      {"clock", "a circle with a bit each (second chance)"},
      {"s3_fifo", "a small queue for newcomers, a main one, and a memory of who left"},
      {"w_tinylfu", "a window, and admission by recent frequency (Caffeine's, not adaptive)"},
  }};
  return choices;
}

std::unique_ptr<Eviction> make_eviction(std::string_view name, std::size_t capacity) {
  if (name == "sieve") return std::make_unique<EvictionSieve>(capacity);
  if (name == "lru") return std::make_unique<EvictionLru>(capacity);
  if (name == "lfu") return std::make_unique<EvictionLfu>(capacity);
  if (name == "clock") return std::make_unique<EvictionClock>(capacity);
  if (name == "s3_fifo") return std::make_unique<EvictionS3Fifo>(capacity);
  if (name == "w_tinylfu") return std::make_unique<EvictionWTinylfu>(capacity);
  throw std::invalid_argument("no eviction policy " + std::string(name));
}

}  // namespace cache_aside
