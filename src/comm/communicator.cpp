// SPDX-License-Identifier: Apache-2.0
#include "comm/communicator.h"

namespace lambdaml {

Result<void> WeightedMean(Communicator& peers, std::span<float> values, double weight) {
  double total = weight;
  for (float& value : values) value *= static_cast<float>(weight);
  TRY(peers.AllReduce({.values = values, .tally = {&total, 1}}));
  const auto share = static_cast<float>(total > 0 ? 1 / total : 0);
  for (float& value : values) value *= share;
  return {};
}

}  // namespace lambdaml
