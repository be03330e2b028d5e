// SPDX-License-Identifier: Apache-2.0
#include "comm/cut.h"

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

TEST(Cut, PartsFollowEachOtherCoverTheVectorAndBeginAtBlocks) {
  for (const std::size_t elements : {0U, 1U, 255U, 256U, 257U, 1009U, 70'001U}) {
    for (std::size_t asked = 1; asked <= 9; ++asked) {
      const std::size_t parts = CutsOf(elements, asked);
      EXPECT_LE(parts, asked);
      std::size_t next = 0;
      for (std::size_t i = 0; i < parts; ++i) {
        const Cut cut = CutOf(elements, i, parts);
        EXPECT_EQ(cut.first, next);
        EXPECT_EQ(cut.first % kWireBlock, 0U);
        EXPECT_EQ(cut.length > 0, elements > 0) << elements << " " << i << " of " << parts;
        EXPECT_LE(cut.length, (elements / parts / kWireBlock + 1) * kWireBlock);
        next += cut.length;
      }
      EXPECT_EQ(next, elements);
    }
  }
}

TEST(Cut, AnEmptyVectorHasOnePart) { EXPECT_EQ(CutsOf(0, 4), 1U); }

TEST(Cut, PiecesAreNoLongerThanAllowed) {
  EXPECT_EQ(PiecesOf(0, 10), 1U);
  EXPECT_EQ(PiecesOf(10, 10), 1U);
  EXPECT_EQ(PiecesOf(11, 10), 2U);
}

}  // namespace
}  // namespace lambdaml
