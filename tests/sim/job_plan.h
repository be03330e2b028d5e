// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a seed means for a whole job: what is trained and how, the stores that its functions meet in, how functions
// start, and what happens to them.

#include <cstdint>
#include <string>
#include <vector>

#include "coordination/protocol.h"
#include "job/spec.h"
#include "tests/sim/channel.h"

namespace lambdaml::sim {

// What befalls one function when it comes to a point of its process.
struct Accident {
  enum class Kind {
    kDeath,
    kPause,  // for `time`
    kLoss,   // of `share` of what is in the channel
  };

  Kind kind = Kind::kDeath;
  std::int64_t rank = 0;  // -1: the trigger
  std::int64_t incarnation = 1;
  std::uint64_t point = 0;
  Clock::Duration time{};
  double share = 1;
};

// How a platform delivers invocations: shares of them, from 0 to 1.
struct Deliveries {
  Clock::Duration start_max{};  // from an invocation to the begin of the function
  Clock::Duration late_max{};   // likewise of one that is late
  double late = 0;
  double twice = 0;
  double refused = 0;
};

struct JobPlan {
  std::uint64_t seed = 0;
  JobSpec spec;
  ChannelOptions channel;
  ChannelOptions records;
  Deliveries deliveries;
  Clock::Duration lifetime{};  // of a function
  std::vector<Accident> accidents;
  ProtocolSteps steps = {};
};

JobPlan JobPlanOf(std::uint64_t seed);

// The same job where nothing happens.
JobPlan Calm(JobPlan plan);

std::string ToText(const Accident& accident);
std::string ToText(const JobPlan& plan);

}  // namespace lambdaml::sim
