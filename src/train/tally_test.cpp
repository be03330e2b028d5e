// SPDX-License-Identifier: Apache-2.0
#include "train/tally.h"

#include <array>

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

TEST(Tally, CountsAddUpExactlyBeyondTheDigitsOfAFloat) {
  const Tally tally{.score = {.loss = 0.5, .correct = 123'456'789, .rows = 987'654'321}, .votes = 1};
  std::array<float, kTallySlots> one{};
  std::array<float, kTallySlots> sum{};
  WriteTally(tally, one);
  for (int rank = 0; rank < 8; ++rank) {
    for (std::size_t i = 0; i < kTallySlots; ++i) sum[i] += one[i];
  }
  const Tally all = ReadTally(sum);
  EXPECT_EQ(all.score.loss, 4);
  EXPECT_EQ(all.score.correct, 8 * 123'456'789.0);
  EXPECT_EQ(all.score.rows, 8 * 987'654'321.0);
  EXPECT_EQ(all.votes, 8);
}

}  // namespace
}  // namespace lambdaml
