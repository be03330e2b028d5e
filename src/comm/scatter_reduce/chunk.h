// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a vector is cut into one chunk for each rank.

#include <algorithm>
#include <cstddef>

namespace lambdaml::scatter_reduce {

struct Range {
  std::size_t first = 0;
  std::size_t length = 0;
};

// The elements that `rank` merges. Chunks follow each other by rank; the first of them are one element longer if
// `elements` is not a multiple of `ranks`.
constexpr Range ChunkOf(std::size_t elements, std::size_t rank, std::size_t ranks) {
  const std::size_t longer = elements % ranks;
  return {rank * (elements / ranks) + std::min(rank, longer), elements / ranks + (rank < longer ? 1 : 0)};
}

// The ranks below this one have a chunk to merge. An empty vector has one chunk, so that its ranks meet, too.
constexpr std::size_t Mergers(std::size_t elements, std::size_t ranks) {
  return std::clamp<std::size_t>(elements, 1, ranks);
}

}  // namespace lambdaml::scatter_reduce
