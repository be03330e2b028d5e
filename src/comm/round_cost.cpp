// SPDX-License-Identifier: Apache-2.0
#include "comm/round_cost.h"

#include <algorithm>

#include "comm/cut.h"
#include "comm/message.h"

namespace lambdaml {

namespace {

ChunkCost CostOf(const Pieces& chunk, std::size_t element_bytes) {
  ChunkCost cost;
  for (const Cut piece : chunk) {
    const std::uint64_t bytes = kMessageHeaderBytes + piece.length * element_bytes;
    ++cost.messages;
    cost.bytes += bytes;
    cost.longest = std::max(cost.longest, bytes);
  }
  return cost;
}

}  // namespace

void RoundCost::Put(std::uint64_t times, const ChunkCost& chunk) {
  puts += times * chunk.messages;
  bytes_written += times * chunk.bytes;
}

void RoundCost::Get(std::uint64_t times, const ChunkCost& chunk) {
  gets += times * chunk.messages;
  bytes_read += times * chunk.bytes;
}

void RoundCost::Step(std::size_t step, std::uint64_t times, const ChunkCost& chunk) {
  if (steps.size() <= step) steps.resize(step + 1);
  if (times == 0) return;
  steps[step].messages += times * chunk.messages;
  steps[step].bytes += times * chunk.bytes;
  steps[step].longest = std::max(steps[step].longest, chunk.longest);
}

std::vector<std::vector<ChunkCost>> ChunksOfStripes(const RoundShape& shape, std::size_t copies, std::size_t chunks) {
  std::vector<std::vector<ChunkCost>> stripes;
  for (const Cut stripe : CutStripes(shape.elements, shape.element_bytes, copies, shape.piece_bytes)) {
    std::vector<ChunkCost>& costs = stripes.emplace_back();
    for (const Pieces& chunk : CutPieces(stripe, shape.element_bytes, chunks, shape.piece_bytes)) {
      costs.push_back(CostOf(chunk, shape.element_bytes));
    }
  }
  const std::uint64_t tally_bytes = shape.tally * sizeof(double);
  ChunkCost& first = stripes.front().front();
  first.bytes += tally_bytes;
  first.longest += tally_bytes;
  return stripes;
}

}  // namespace lambdaml
