// SPDX-License-Identifier: Apache-2.0
#pragma once

// Model averaging: every rank makes steps of its own on its own rows, and every round the ranks replace their models by
// the average, weighted by the rows that each has used (Zinkevich et al.: Parallelized stochastic gradient descent,
// NIPS 2010; McMahan et al.: Communication-efficient learning of deep networks from decentralized data, AISTATS 2017).
// What travels is the difference to the last average, so that what is rounded or left out is an update:
//
//   average = average + sum(rows (model - average)) / sum(rows)
//
// What the optimizer keeps is each rank's own and is not averaged.
//
// With adapt: loss, ranks make fewer steps alone as the loss falls (Wang, Joshi: Adaptive communication strategies to
// achieve the best error-runtime trade-off in local-update SGD, MLSys 2019, equation 17, without the learning rate):
// after epoch l, of mean loss F_l, they go on with
//
//   steps = ceil(sqrt(F_l / F_0) local_steps)
//
// where F_0 is the mean loss of the first round. Losses are those over all ranks, so all ranks decide alike.

#include "train/registry.h"
#include "train/sgd.h"

namespace lambdaml::ma_sgd {

struct MaSgdSettings {
  SgdSettings sgd;
  std::int64_t local_steps = 0;
  std::string adapt = "none";
};

Fields Describe(MaSgdSettings& s);

Result<std::unique_ptr<Algorithm>> Make(const Choice& choice, const Task& task);

}  // namespace lambdaml::ma_sgd
