// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counter-based random numbers: a value depends only on (seed, stream, position), so any worker can make any block
// alone and in any order. The mixer is SplitMix64's finaliser (Steele, Lea, Flood: Fast splittable pseudorandom number
// generators, OOPSLA 2014).

#include <cmath>
#include <cstdint>
#include <numbers>

namespace lambdaml {

constexpr std::uint64_t Mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

constexpr std::uint64_t Mix(std::uint64_t a, std::uint64_t b) { return Mix(Mix(a) ^ b); }

// A sequence that starts anew for each (seed, stream). Not thread-safe; make one per thread.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : key_(Mix(seed, stream)) {}

  std::uint64_t Next() { return Mix(key_ + 0x9E3779B97F4A7C15ULL * counter_++); }

  // In [0, 1), 53 bits.
  double Uniform() { return static_cast<double>(Next() >> 11U) * 0x1.0p-53; }

  // In [0, bound), bound > 0, without bias worth mentioning (Lemire's multiplication, no rejection).
  std::uint64_t Below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(Next()) * bound) >> 64U);
  }

  // Standard normal, by Box and Muller.
  double Normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * Uniform());
  }

 private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

}  // namespace lambdaml
