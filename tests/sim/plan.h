// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a seed means: one job of collective calls, the channel that it runs over, and what happens to its processes.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "comm/wire.h"
#include "tests/sim/channel.h"

namespace lambdaml::sim {

// One call, or a few that belong together. A rank that is replaced begins a unit anew: the one that it had not
// completed, or, where ranks make checkpoints, that behind one of its last checkpoints.
struct Unit {
  enum class Kind {
    kAllReduce,  // of floats, perhaps with a tally
    kDoubles,    // an all-reduce of doubles
    kBroadcast,
    kBarrier,
    kStarted,  // `calls` all-reduces at once
    kStale,    // `calls` all-reduces with `staleness`, and one that catches up
  };
  enum class Numbers {
    kAny,     // whose sum depends on the order
    kSparse,  // the same, nine of ten being 0 or -0
    kWhole,   // -1, 0 and 1, whose sum is exact in every format
  };

  Kind kind = Kind::kAllReduce;
  Numbers numbers = Numbers::kAny;
  std::size_t length = 0;
  std::size_t tally = 0;
  int root = 0;
  std::size_t calls = 1;
  std::uint64_t staleness = 0;
  bool ends_with_checkpoint = false;  // of every rank; synchronises the ranks then
};

// A process is killed `after` its `point`th point, and another one takes over `until` then.
struct Death {
  int rank = 0;
  std::uint64_t point = 0;
  Clock::Duration after{};
  Clock::Duration until{};
};

// A process stands still for some time.
struct Pause {
  int rank = 0;
  std::uint64_t point = 0;
  Clock::Duration time{};
};

struct Plan {
  std::uint64_t seed = 0;
  std::string pattern;
  int size = 2;
  WireFormat format;
  std::size_t piece_bytes = 0;
  Clock::Duration think_max{};  // of a rank between two calls
  ChannelOptions channel;
  std::vector<Unit> units;
  std::vector<Death> deaths;  // the second of a rank is that of its successor
  std::vector<Pause> pauses;
  std::vector<int> twins;  // ranks that run twice at once

  bool makes_checkpoints = false;
  std::size_t checkpoints_kept = 1;  // before the newest
  double recalls = 0;                // share of the calls before which a rank asks whether the result is known

  std::optional<Clock::Duration> detects_after{};  // a rank tells its failure detector; nothing: it has none

  // The second of twins takes over from the first, which is fenced out when the second has completed this unit.
  bool fences_twins = false;
  std::size_t fence_unit = 0;
};

Plan PlanOf(std::uint64_t seed);

std::string ToText(const Plan& plan);

}  // namespace lambdaml::sim
