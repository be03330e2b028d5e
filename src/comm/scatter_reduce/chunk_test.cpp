// SPDX-License-Identifier: Apache-2.0
#include "comm/scatter_reduce/chunk.h"

#include <gtest/gtest.h>

namespace lambdaml::scatter_reduce {
namespace {

TEST(Chunk, ChunksFollowEachOtherAndCoverTheVector) {
  for (const std::size_t elements : {0U, 1U, 5U, 7U, 8U, 1009U}) {
    for (std::size_t ranks = 1; ranks <= 9; ++ranks) {
      std::size_t next = 0;
      for (std::size_t rank = 0; rank < ranks; ++rank) {
        const Range chunk = ChunkOf(elements, rank, ranks);
        EXPECT_EQ(chunk.first, next);
        EXPECT_LE(chunk.length, (elements + ranks - 1) / ranks);
        EXPECT_EQ(chunk.length > 0, rank < elements && rank < Mergers(elements, ranks));
        next += chunk.length;
      }
      EXPECT_EQ(next, elements);
    }
  }
}

TEST(Chunk, AnEmptyVectorHasOneMerger) { EXPECT_EQ(Mergers(0, 4), 1U); }

}  // namespace
}  // namespace lambdaml::scatter_reduce
