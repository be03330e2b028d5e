// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the key of an object in the channel tells of it (docs/formats/messages.md).

#include <cstdint>

#include "base/key.h"

namespace lambdaml::sim {

struct Leftover {
  std::uint64_t round = 0;       // in which it was written
  std::uint64_t last_round = 0;  // in which somebody may need it, unless it is kept for longer
  int writer = 0;
  bool is_kept = false;  // for ranks that take over
};

// Of a job of so many ranks.
Leftover LeftoverOf(const Key& key, const Key& job, int ranks);

}  // namespace lambdaml::sim
