// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a trainer knows between two rounds, as bytes (docs/formats/training-state.md). Reading is bounded: bytes of any
// kind give a state or kInvalid.

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "job/report.h"
#include "job/spec.h"
#include "model/model.h"
#include "worker/stop_rule.h"

namespace lambdaml {

// The same on every rank, but for the seconds, which are those of rank 0.
struct SharedTraining {
  std::int64_t rounds = 0;
  double epochs = 0;
  std::int64_t epochs_drawn = 0;
  double seconds = 0;                 // of training, by all functions of the rank
  std::optional<Ending> ending = {};  // the one that was voted for, before its final evaluation
  Score epoch_score = {};             // of the epoch so far
  StopRule::State rule = {};
  double best_loss = std::numeric_limits<double>::infinity();  // lowest of an epoch
  std::vector<CurvePoint> curve = {};
  std::vector<float> parameters = {};
  std::vector<float> begin = {};  // the parameters at the beginning of the epoch
  std::vector<float> best = {};   // those at the beginning of the epoch with the lowest loss
  Bytes algorithm = {};           // AlgorithmState::shared
};

// The job must be the one that the state is of; it may have another number of workers, and other limits in `stop`.
Bytes WriteShared(const JobSpec& spec, const SharedTraining& state);
Result<SharedTraining> ReadShared(const JobSpec& spec, std::size_t parameters, ByteSpan bytes);

// Of one rank: AlgorithmState::own. What is read points into `bytes`; it must be of the same round as the shared state.
Bytes WriteOwn(std::int64_t rounds, ByteSpan algorithm);
Result<ByteSpan> ReadOwn(std::int64_t rounds, ByteSpan bytes);

}  // namespace lambdaml
