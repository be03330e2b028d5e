// SPDX-License-Identifier: Apache-2.0
#include "comm/cut.h"

namespace lambdaml {

namespace {

// Of all stripes that a rank holds at once: enough for the messages that are on the way to fill a fast channel.
constexpr std::size_t kPiecesHeld = 16;

Cut Within(Cut whole, Cut part) { return {whole.first + part.first, part.length}; }

Pieces CutEvenly(Cut whole, std::size_t parts) {
  Pieces pieces(CutsOf(whole.length, parts));
  for (std::size_t i = 0; i < pieces.size(); ++i) pieces[i] = Within(whole, CutOf(whole.length, i, pieces.size()));
  return pieces;
}

}  // namespace

std::vector<Pieces> CutPieces(Cut whole, std::size_t element_bytes, std::size_t chunks, std::size_t piece_bytes) {
  std::vector<Pieces> cut;
  for (const Cut chunk : CutEvenly(whole, chunks)) {
    cut.push_back(CutEvenly(chunk, PiecesOf(chunk.length * element_bytes, piece_bytes)));
  }
  return cut;
}

Pieces CutStripes(std::size_t elements, std::size_t element_bytes, std::size_t copies, std::size_t piece_bytes) {
  const std::size_t stripe_bytes = piece_bytes * std::max<std::size_t>(1, kPiecesHeld / copies);
  return CutEvenly({0, elements}, PiecesOf(elements * element_bytes, stripe_bytes));
}

}  // namespace lambdaml
