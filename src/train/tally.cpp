// SPDX-License-Identifier: Apache-2.0
#include "train/tally.h"

namespace lambdaml {

namespace {

constexpr std::uint64_t kLow = 4096;

void WriteCount(double count, std::span<float> slots) {
  const auto whole = static_cast<std::uint64_t>(count);
  const std::uint64_t high = whole / kLow;
  slots[0] = static_cast<float>(high);
  slots[1] = static_cast<float>(whole % kLow);
}

double ReadCount(std::span<const float> slots) {
  return static_cast<double>(slots[0]) * static_cast<double>(kLow) + static_cast<double>(slots[1]);
}

}  // namespace

void WriteTally(const Tally& tally, std::span<float> slots) {
  slots[0] = static_cast<float>(tally.score.loss);
  slots[1] = static_cast<float>(tally.votes);
  WriteCount(tally.score.correct, slots.subspan(2, 2));
  WriteCount(tally.score.rows, slots.subspan(4, 2));
}

Tally ReadTally(std::span<const float> slots) {
  return {
      .score = {.loss = slots[0], .correct = ReadCount(slots.subspan(2, 2)), .rows = ReadCount(slots.subspan(4, 2))},
      .votes = static_cast<std::int64_t>(slots[1])};
}

}  // namespace lambdaml
