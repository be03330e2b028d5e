// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one all-reduce costs by a pattern's own formula (docs/guide/patterns.md): the requests and bytes of all ranks
// together, and the steps that follow one another. The pattern `auto` compares patterns by it, and a test compares it
// with what a channel has counted.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lambdaml {

// What is summed: elements that travel dense.
struct RoundShape {
  std::size_t ranks = 2;
  std::size_t elements = 0;
  std::size_t element_bytes = 4;
  std::size_t tally = 0;  // numbers beside the vector
  std::size_t piece_bytes = std::size_t{4} << 20U;
};

// The messages of one chunk, with their headers.
struct ChunkCost {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t longest = 0;  // message
};

// Requests that the busiest rank makes at once, for all stripes.
struct RoundStep {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t longest = 0;  // message
};

struct RoundCost {
  std::uint64_t puts = 0;  // messages written, and later deleted
  std::uint64_t gets = 0;  // messages read, when no rank is late
  std::uint64_t bytes_written = 0;
  std::uint64_t bytes_read = 0;
  std::vector<RoundStep> steps;  // one after the other: each a latency and a transfer

  void Put(std::uint64_t times, const ChunkCost& chunk);
  void Get(std::uint64_t times, const ChunkCost& chunk);

  // Step number `step` of the busiest rank moves the chunk this many times.
  void Step(std::size_t step, std::uint64_t times, const ChunkCost& chunk);
};

// Each stripe of the vector in `chunks` chunks, as a pattern that holds `copies` stripes cuts it.
std::vector<std::vector<ChunkCost>> ChunksOfStripes(const RoundShape& shape, std::size_t copies, std::size_t chunks);

}  // namespace lambdaml
