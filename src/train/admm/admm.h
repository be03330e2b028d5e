// SPDX-License-Identifier: Apache-2.0
#pragma once

// Consensus ADMM (Boyd, Parikh, Chu, Peleato, Eckstein: Distributed optimization and statistical learning via the
// alternating direction method of multipliers, 2011, sections 7.1.1 and 8.2). Rank i of w keeps parameters x_i of its
// own and a scaled dual u_i; f_i is the loss of its rows / rows of all ranks, g the penalty, r = rho / w. A round is
//
//   x_i = argmin f_i(x) + r / 2 |x - z + u_i|^2           by a local solver that starts at z
//   x_i = relaxation x_i + (1 - relaxation) z             over-relaxation (section 3.4.3), from here on
//   z   = argmin g(z) + rho / 2 |z - v|^2,  v = mean of x_i + u_i
//       = S(v, l1 / rho) / (1 + l2 / rho)                 S the soft threshold; of parameters without penalty v
//   u_i = u_i + x_i - z
//
// and one collective call, which sums x_i + u_i. The parameters after each round are z: the same bits on every rank. By
// the division rho is that of a problem whose f_i are means over the rank's rows, so it does not depend on the number
// of ranks. z starts from the parameters given, u from 0.
//
// Residuals (section 3.3): primal |x - z| over all ranks, dual r sqrt(w) |z - z before|. The sums that they need travel
// with the next round's call: what stops the training, or changes rho, is always one round old, and costs no call.
// Converged: primal <= sqrt(n w) eps_abs + eps_rel max(|x|, sqrt(w) |z|) and dual <= sqrt(n w) eps_abs + eps_rel |r u|.
// With adapt_rho, rho doubles or halves (and u the other way) when one of the residuals is ten times the other, each
// relative to what eps_rel is multiplied by (section 3.4.1; Wohlberg: ADMM penalty parameter selection by residual
// balancing, 2017), in the first 100 rounds.
//
// A round's score is of z before the round. What travels are values, not updates: a filter would make them wrong and is
// refused; a wire of fewer bits (float16 and the like) is allowed and limits how exact the answer gets.

#include "train/registry.h"
#include "train/sgd.h"

namespace lambdaml::admm {

struct AdmmSettings {
  double rho = 0.1;
  bool adapt_rho = true;
  double relaxation = 1.6;
  double eps_abs = 1e-6;
  double eps_rel = 1e-3;
  std::string solver = "lbfgs";
  std::int64_t local_epochs = 5;
  SgdSettings sgd{.epochs = 500, .optimizer = {}, .schedule = {}};
};

Fields Describe(AdmmSettings& s);

Result<std::unique_ptr<Algorithm>> Make(const Choice& choice, const Task& task);

}  // namespace lambdaml::admm
