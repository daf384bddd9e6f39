#include "common/random.h"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <system_error>

namespace common {
namespace {

// SplitMix64: turns one word of seed into independent words of state.
std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t Random::below(std::uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  Wide product = Wide{next()} * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = -bound % bound;
    while (static_cast<std::uint64_t>(product) < threshold)
      product = Wide{next()} * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

FastRandom::FastRandom() : FastRandom(SecureRandom{}.next()) {}

FastRandom::FastRandom(std::uint64_t seed) {
  for (auto& word : state_)
    word = split_mix(seed);
}

std::uint64_t FastRandom::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t SecureRandom::next() {
  std::uint64_t word = 0;
  fill(std::as_writable_bytes(std::span{&word, 1}));
  return word;
}

void SecureRandom::fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

Random& thread_random() {
  thread_local FastRandom random;
  return random;
}

}  // namespace common
