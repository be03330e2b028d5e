// SPDX-License-Identifier: Apache-2.0
#pragma once

// The loop of one rank: rounds of the algorithm, evaluations, the rule when to stop. The same sequence of collective
// calls on every rank.

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "comm/communicator.h"
#include "job/report.h"
#include "job/spec.h"
#include "train/algorithm.h"
#include "worker/rows.h"

namespace lambdaml {

// What a rank trains with. All must outlive the trainer.
struct TrainerParts {
  const JobSpec& spec;
  const Model& model;
  const Share& share;
  Algorithm& algorithm;
  Communicator& peers;
  Clock& clock;
};

// What the trainer tells and asks on the way.
struct TrainerHooks {
  Vote vote;
  std::function<bool()> round_is_due;  // whether to call after_round; a point is a pass over the parameters
  std::function<void(const CurvePoint&)> after_round;  // the point has no test metrics
  std::function<void(const CurvePoint&)> after_epoch;
};

struct Trained {
  Ending ending = Ending::kEpochs;
  std::int64_t rounds = 0;
  double epochs = 0;
  std::vector<CurvePoint> curve;
  Metrics train;
  std::optional<Metrics> test;
};

// Improves `parameters` until the stop rule says so; then evaluates on all rows of all ranks.
Result<Trained> Train(const TrainerParts& parts, const TrainerHooks& hooks, std::span<float> parameters);

}  // namespace lambdaml
