// SPDX-License-Identifier: Apache-2.0
#pragma once

// The learning rate r at t epochs, of T in all, from the base rate r0:
//
//   constant   r0
//   inverse    r0 / (1 + decay t)                    (Robbins, Monro: A stochastic approximation method, 1951)
//   step       r0 factor^floor(t / step_epochs)
//   cosine     r0 (1 + cos(pi t / T)) / 2            (Loshchilov, Hutter: SGDR, ICLR 2017, one cycle)
//
// and during the first warmup_epochs epochs times (t + one batch) / warmup_epochs (Goyal et al.: Accurate, large
// minibatch SGD, 2017). The same bits on every processor, so that replicas stay equal.

#include <cstdint>
#include <string>

#include "base/field.h"

namespace lambdaml {

struct ScheduleSettings {
  std::string schedule = "cosine";
  double decay = 1;
  double step_epochs = 10;
  double step_factor = 0.1;
  double warmup_epochs = 0;
};

Fields Describe(ScheduleSettings& s);

class Schedule {
 public:
  Schedule(const ScheduleSettings& settings, double rate, double epochs)
      : settings_(settings), rate_(rate), epochs_(epochs) {}

  // For batch `number`, counted from 0 through all epochs.
  float RateAt(std::uint64_t number, std::uint64_t batches_per_epoch) const;

 private:
  ScheduleSettings settings_;
  double rate_;
  double epochs_;
};

}  // namespace lambdaml
