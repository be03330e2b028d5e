// SPDX-License-Identifier: Apache-2.0
#pragma once

// The loop of one rank: rounds of the algorithm, evaluations, the rule when to stop, checkpoints when the ranks ask for
// one. The same sequence of collective calls on every rank. Between two rounds it can be left and gone on with by
// another trainer, which makes the calls that the first one would have made, to the same bits.

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
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

// What a checkpoint holds (docs/formats/training-state.md).
struct TrainingState {
  Bytes shared;  // parameters, algorithm, curve, stop rule; of rank 0, and empty on the others, who hold the same
  Bytes own;     // of this rank alone
  std::int64_t rounds = 0;
  double epochs = 0;
  double loss = 0;  // of the last round or, at its end, of the epoch
};

// What a checkpoint is taken for: to train on after it, to leave the training to the next function, to end it.
enum class Purpose { kKeepOn, kHandOver, kStop };

// What the trainer tells and asks on the way.
struct TrainerHooks {
  Vote vote;
  std::function<bool()> round_is_due;  // whether to call after_round; a point is a pass over the parameters
  std::function<void(const CurvePoint&)> after_round;  // the point has no test metrics
  std::function<void(const CurvePoint&)> after_epoch;
  // On all ranks after the same round. An error ends the training.
  std::function<Result<void>(const TrainingState&, Purpose)> checkpoint;
};

// A state to go on from. A state that was saved for an end still has its final evaluation before it: the same run goes
// on with that, as the ranks do that saved it; a new run, which somebody asked for later, trains on.
struct Restored {
  enum class Run { kSame, kNew };

  ByteSpan shared;
  std::optional<ByteSpan> own;  // nothing: the number of ranks has changed (Algorithm::Restore)
  Run run = Run::kSame;
};

struct Trained {
  std::optional<Ending> ending;  // nothing: it hands over, and there are no metrics yet
  std::int64_t rounds = 0;
  double epochs = 0;
  std::vector<CurvePoint> curve;
  Metrics train;
  std::optional<Metrics> test;
};

// Improves `parameters`, or those of the state where there is one, until the stop rule says so; then evaluates on all
// rows of all ranks. kInvalid if the state is damaged or of another job.
Result<Trained> Train(const TrainerParts& parts, const TrainerHooks& hooks, std::span<float> parameters,
                      const Restored* from);

}  // namespace lambdaml
