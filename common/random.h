// Randomness as an argument: whoever needs chance takes a Random.
//
// FastRandom  xoshiro256** (Blackman & Vigna, 2018): request ids, jitter, sampling. Predictable; one per thread.
// SecureRandom  the kernel's CSPRNG: whatever nobody may guess, such as short codes and keys. Thread-safe.
// SeededRandom is FastRandom with a known seed, for tests.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace common {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;

  // Uniform in [0, bound), without modulo bias (Lemire 2019). bound > 0.
  std::uint64_t below(std::uint64_t bound);

  // Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

class FastRandom final : public Random {
 public:
  FastRandom();  // seeded by the kernel
  explicit FastRandom(std::uint64_t seed);
  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 4> state_;
};

using SeededRandom = FastRandom;

class SecureRandom final : public Random {
 public:
  std::uint64_t next() override;
  // Fills `bytes`; throws std::system_error if the kernel has no entropy source.
  static void fill(std::span<std::byte> bytes);
};

// The calling thread's own FastRandom.
Random& thread_random();

}  // namespace common
