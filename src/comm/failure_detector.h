// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an exchange asks and tells of the life of ranks: whether this one still is the one that may write, and whom it
// waits for. Thread-safe: several parts of a call may wait at once.

#include <cstdint>
#include <span>

#include "base/clock.h"
#include "base/result.h"

namespace lambdaml {

class FailureDetector {
 public:
  virtual ~FailureDetector() = default;

  // Asked at the begin of every call and before every write; `round` is that of the call. An error (kConflict: another
  // incarnation of this rank has taken over) ends the call.
  virtual Result<void> MayWrite(std::uint64_t round) = 0;

  // Told again and again while a call waits for these other ranks, by rank (none: for what this one has written
  // itself), `waited` since the begin of the wait. An error ends the wait.
  virtual Result<void> Missing(std::uint64_t round, std::span<const int> ranks, Clock::Duration waited) = 0;

  // After how much waiting Missing is called first, and how often from then on; both more than 0. Shorter waits cost
  // nothing.
  virtual Clock::Duration first_look() const = 0;
  virtual Clock::Duration look_every() const = 0;
};

}  // namespace lambdaml
