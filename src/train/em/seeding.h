// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where centres start. The choice of rows depends on the seed and the rows' numbers, not on the number of ranks.
//
//   random     k rows, each as likely as any other (Forgy 1965)
//   parallel   k-means|| (Bahmani, Moseley, Vattani, Kumar, Vassilvitskii: Scalable k-means++, VLDB 2012): begin with
//              one row; in each round take every row with probability  min(1, l d^2 / phi),  where d is its distance to
//              the nearest candidate, phi the sum of d^2 over all rows and l = oversampling x k. Then rank 0 reduces
//              the candidates, weighted by the rows that are nearest to each, to k.
//   given      what the parameters are: those of a model that is trained on

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "train/algorithm.h"

namespace lambdaml::em {

struct SeedingSettings {
  std::string init = "parallel";
  double oversampling = 2;
  std::int64_t init_rounds = 5;
};

// Writes the same `centres` on every rank; all make the call. Holds about as much memory as the parameters take, on
// rank 0 that of all candidates too. With fewer different rows than centres, some centres are equal.
Result<void> Seed(const SeedingSettings& settings, const Task& task, Communicator& peers, std::span<float> centres);

}  // namespace lambdaml::em
