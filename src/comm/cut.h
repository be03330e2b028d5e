// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a vector is cut: at multiples of kWireBlock elements (comm/wire.h), so that a stretch of it means the same by
// itself as within the whole. Nobody needs messages of less than a kilobyte.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "comm/wire.h"

namespace lambdaml {

struct Cut {
  std::size_t first = 0;
  std::size_t length = 0;
};

// Into how many parts `elements` are cut when `parts` are asked for: each has at least an element, but an empty vector
// has one part, so that its ranks meet, too.
constexpr std::size_t CutsOf(std::size_t elements, std::size_t parts) {
  return std::clamp<std::size_t>((elements + kWireBlock - 1) / kWireBlock, 1, std::max<std::size_t>(parts, 1));
}

// Part `index` of `parts`, of which there are CutsOf. Parts follow each other; the first of them are one block longer
// if the number of blocks is not a multiple of the parts.
constexpr Cut CutOf(std::size_t elements, std::size_t index, std::size_t parts) {
  const std::size_t blocks = (elements + kWireBlock - 1) / kWireBlock;
  const std::size_t longer = blocks % parts;
  const std::size_t first = std::min(elements, (index * (blocks / parts) + std::min(index, longer)) * kWireBlock);
  const std::size_t length = (blocks / parts + (index < longer ? 1 : 0)) * kWireBlock;
  return {first, std::min(length, elements - first)};
}

// How many parts of at most `bytes_max` bytes, but for the rounding to blocks, `bytes` are.
constexpr std::size_t PiecesOf(std::size_t bytes, std::size_t bytes_max) {
  return std::max<std::size_t>(1, (bytes + bytes_max - 1) / bytes_max);
}

// The pieces of each chunk, as stretches of the whole.
using Pieces = std::vector<Cut>;

// Elements of `element_bytes` in `chunks` chunks of about the same length, fewer if there are few elements, each cut
// into pieces of about `piece_bytes` at most.
std::vector<Pieces> CutPieces(Cut whole, std::size_t element_bytes, std::size_t chunks, std::size_t piece_bytes);

// A whole vector in stripes. A rank that holds `copies` stripes in memory gets shorter ones.
Pieces CutStripes(std::size_t elements, std::size_t element_bytes, std::size_t copies, std::size_t piece_bytes);

}  // namespace lambdaml
