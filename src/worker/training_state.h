// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a trainer knows between two rounds, as bytes (docs/formats/training-state.md). Reading is bounded: bytes of any
// kind give a state or kInvalid.

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "job/report.h"
#include "job/spec.h"
#include "model/model.h"
#include "worker/stop_rule.h"

namespace lambdaml {

// How far the training has come: the same on every rank, but for the seconds.
struct TrainingProgress {
  std::int64_t rounds = 0;
  double epochs = 0;
  double seconds = 0;                 // of training, by all functions of the rank; when it is saved
  std::optional<Ending> ending = {};  // when it is saved: the one that was voted for, before its final evaluation
  Score epoch_score = {};             // of the epoch so far
  StopRule::State rule = {};
  double best_loss = std::numeric_limits<double>::infinity();  // the lowest of an epoch
  std::vector<CurvePoint> curve = {};
  std::vector<float> begin = {};  // the parameters at the beginning of the epoch
  std::vector<float> best = {};   // those at the beginning of the epoch with the lowest loss
};

struct SharedTraining {
  TrainingProgress progress;
  std::vector<float> parameters;
  ByteSpan algorithm;  // AlgorithmState::shared
};

// The job must be the one that the state is of; it may have another number of workers, and other limits in `stop`.
// `begin` and `best` are as many as the parameters. What is read points into `bytes`.
Bytes WriteShared(const JobSpec& spec, const TrainingProgress& progress, std::span<const float> parameters,
                  ByteSpan algorithm);
Result<SharedTraining> ReadShared(const JobSpec& spec, std::size_t parameters, ByteSpan bytes);

// Of one rank: AlgorithmState::own. What is read points into `bytes`; it must be of the same round as the shared state.
Bytes WriteOwn(std::int64_t rounds, ByteSpan algorithm);
Result<ByteSpan> ReadOwn(std::int64_t rounds, ByteSpan bytes);

}  // namespace lambdaml
