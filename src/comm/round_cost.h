// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one all-reduce costs by a pattern's own formula (docs/guide/patterns.md): the requests and bytes of all ranks
// together, and the steps that follow one another. The pattern `auto` compares patterns by it, and a test compares it
// with what a channel has counted.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lambdaml {

// What is summed: dense elements, `bytes` on the wire.
struct RoundShape {
  std::size_t ranks = 2;
  std::size_t elements = 0;
  std::size_t element_bytes = 4;
  std::size_t tally = 0;  // numbers beside the vector
  std::size_t piece_bytes = std::size_t{4} << 20U;
};

// A batch of requests that the busiest rank makes at once.
struct RoundStep {
  std::size_t messages = 0;
  std::uint64_t message_bytes = 0;  // of the longest
  std::uint64_t bytes = 0;          // of all
};

struct RoundCost {
  std::uint64_t puts = 0;  // messages written, and later deleted
  std::uint64_t gets = 0;  // messages read, when no rank is late
  std::uint64_t bytes_written = 0;
  std::uint64_t bytes_read = 0;
  std::vector<RoundStep> steps;  // one after the other, each a latency and a transfer
};

}  // namespace lambdaml
