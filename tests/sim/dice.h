// SPDX-License-Identifier: Apache-2.0
#pragma once

// Draws a plan piece by piece, from a seed.

#include <array>
#include <cstdint>

#include "base/clock.h"
#include "base/random.h"

namespace lambdaml::sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed, 2) {}

  bool Chance(double share) { return random_.Uniform() < share; }
  std::size_t Below(std::size_t bound) { return random_.Below(bound); }
  std::size_t Between(std::size_t least, std::size_t most) { return least + Below(most - least + 1); }
  int Rank(int size) { return static_cast<int>(Below(static_cast<std::size_t>(size))); }
  Clock::Duration UpTo(Clock::Duration longest) {
    return Clock::Duration(static_cast<Clock::Duration::rep>(Below(static_cast<std::size_t>(longest.count()) + 1)));
  }
  template <class T, std::size_t N>
  T OneOf(const std::array<T, N>& choices) {
    return choices[Below(N)];
  }

 private:
  Random random_;
};

}  // namespace lambdaml::sim
