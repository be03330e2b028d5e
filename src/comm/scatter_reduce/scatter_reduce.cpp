// SPDX-License-Identifier: Apache-2.0
#include "comm/scatter_reduce/scatter_reduce.h"

#include <vector>

#include "comm/scatter_reduce/chunk.h"
#include "comm/store_communicator.h"
#include "comm/vector_part.h"

namespace lambdaml::scatter_reduce {

namespace {

// The chunks by the rank that merges them.
std::vector<VectorPart> Cut(Elements values, int ranks) {
  const std::size_t elements = values.count();
  std::vector<VectorPart> chunks(Mergers(elements, static_cast<std::size_t>(ranks)));
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const Range range = ChunkOf(elements, i, static_cast<std::size_t>(ranks));
    chunks[i] = {.number = static_cast<std::uint32_t>(i),
                 .vector_elements = elements,
                 .values = values.Slice(range.first, range.length)};
  }
  return chunks;
}

Result<void> Scatter(Exchange& exchange, const Call& call, std::span<const VectorPart> chunks) {
  std::vector<Outgoing> messages;
  for (const VectorPart& chunk : chunks) {
    const auto merger = static_cast<int>(chunk.number);
    if (merger != exchange.rank()) messages.push_back(ToPost(chunk, Inbox::Of(merger)));
  }
  return exchange.Post(call, messages);
}

Result<void> MergeOwn(Exchange& exchange, const Call& call, const VectorPart& own) {
  TRY(MergeFromAll(exchange, call, own, Inbox::Of(exchange.rank())));
  const Outgoing merged = ToPost(own, Inbox::OfAll());
  return exchange.Post(call, std::span(&merged, 1));
}

class ScatterReduce final : public Reduction {
 public:
  Result<void> AllReduce(Exchange& exchange, const Call& call, Elements values) override {
    const std::vector<VectorPart> chunks = Cut(values, exchange.size());
    TRY(Scatter(exchange, call, chunks));
    const auto own = static_cast<std::size_t>(exchange.rank());
    if (own < chunks.size()) TRY(MergeOwn(exchange, call, chunks[own]));
    return GatherMerged(exchange, call, chunks);
  }
};

}  // namespace

std::unique_ptr<Communicator> Join(const Membership& membership) {
  return MakeStoreCommunicator(membership, std::make_unique<ScatterReduce>());
}

}  // namespace lambdaml::scatter_reduce
