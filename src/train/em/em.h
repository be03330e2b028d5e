// SPDX-License-Identifier: Apache-2.0
#pragma once

// Expectation maximisation for models of clusters. A round finds the nearest centre of each row, adds differences and
// counts over the ranks in one call, and moves each centre c by what came for it:
//
//   all rows (Lloyd: Least squares quantization in PCM, 1957, published 1982)     c += sum(x - c) / count
//   a batch (Sculley: Web-scale k-means clustering, WWW 2010)     n += count,     c += sum(x - c) / n
//
// where n counts the rows that the centre has had in all batches: the order of a batch's rows does not matter, each of
// them has weight 1 / n in the end. Every rank moves the same centres by the same sums, to the same bits.
//
// At the end of an epoch, which is every round of Lloyd's method, clusters that had no row in it move to the rows that
// are farthest from their centres, and the tests of convergence are made:
//
//   tolerance            sum of |movement|^2 <= tolerance x mean variance of the columns (as in scikit-learn)
//   inertia_tolerance    inertia fell by at most this share of it; of all rows it must fall at all

#include "train/em/seeding.h"
#include "train/registry.h"

namespace lambdaml::em {

struct EmSettings {
  double epochs = 100;
  std::int64_t batch = 0;
  SeedingSettings seeding;
  std::string empty = "farthest";
  double tolerance = 1e-4;
  double inertia_tolerance = 0;
};

Fields Describe(EmSettings& s);

Result<std::unique_ptr<Algorithm>> Make(const Choice& choice, const Task& task);

}  // namespace lambdaml::em
