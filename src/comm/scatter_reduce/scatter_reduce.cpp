// SPDX-License-Identifier: Apache-2.0
#include "comm/scatter_reduce/scatter_reduce.h"

#include <utility>

namespace lambdaml::scatter_reduce {

namespace {

constexpr std::size_t kCopies = 2;  // a chunk of all ranks, and all chunks of the sum

constexpr Route kToAll{.phase = Phase::kMerged, .inbox = Inbox::OfAll()};

Route ToMerger(std::size_t merger) {
  return {.phase = Phase::kContribute, .inbox = Inbox::Of(static_cast<int>(merger))};
}

// The chunks by the rank that merges them.
std::vector<Parts> ChunksOf(const Exchange& exchange, const Stripe& stripe) {
  return CutStripe(stripe, static_cast<std::size_t>(exchange.size()), exchange.membership().piece_bytes);
}

std::vector<Outgoing> Contributions(const Exchange& exchange, std::span<const Parts> chunks) {
  std::vector<Outgoing> messages;
  for (std::size_t merger = 0; merger < chunks.size(); ++merger) {
    if (static_cast<int>(merger) == exchange.rank()) continue;
    for (const Part& part : chunks[merger]) messages.push_back(ToPost(part, ToMerger(merger)));
  }
  return messages;
}

Result<void> MergeOwn(Exchange& exchange, const Collective& call, const Parts& own) {
  const std::vector<int> all = AllRanks(exchange.size());
  const Route to_own = ToMerger(static_cast<std::size_t>(exchange.rank()));
  TRY(MergeFrom(exchange, call, {.senders = all, .own = own, .sums = own}, to_own));
  return PostAll(exchange, call, own, kToAll);
}

Result<void> GatherAll(Exchange& exchange, const Collective& call, std::span<const Parts> chunks) {
  std::vector<Merged> merged;
  for (const Parts& chunk : chunks) merged.push_back({.merger = static_cast<int>(merged.size()), .parts = chunk});
  return Gather(exchange, call, merged, kToAll);
}

class ScatterReduce final : public Reduction {
 public:
  Result<void> AllReduce(Exchange& exchange, const Collective& call, const Stripe& stripe) override {
    const std::vector<Parts> chunks = ChunksOf(exchange, stripe);
    TRY(exchange.Post(call, Contributions(exchange, chunks)));
    const auto own = static_cast<std::size_t>(exchange.rank());
    if (own < chunks.size()) TRY(MergeOwn(exchange, call, chunks[own]));
    return GatherAll(exchange, call, chunks);
  }

  std::size_t Copies(int /*ranks*/) const override { return kCopies; }

  std::optional<Incoming> FirstMessage(Exchange& exchange, const Collective& /*call*/, const Stripe& stripe,
                                       int sender) const override {
    const std::vector<Parts> chunks = ChunksOf(exchange, stripe);
    const std::size_t first = sender == 0 ? 1 : 0;
    if (first >= chunks.size()) return std::nullopt;
    return ToCollect(chunks[first].front(), ToMerger(first), sender);
  }

  std::vector<Outgoing> Written(const Exchange& exchange, const Stripe& stripe) const override {
    const std::vector<Parts> chunks = ChunksOf(exchange, stripe);
    std::vector<Outgoing> messages = Contributions(exchange, chunks);
    const auto own = static_cast<std::size_t>(exchange.rank());
    if (own >= chunks.size()) return messages;
    for (const Part& part : chunks[own]) messages.push_back(ToPost(part, kToAll));
    return messages;
  }

  std::vector<Outcome> Outcomes(const Exchange& exchange, const Stripe& stripe) const override {
    std::vector<Outcome> outcomes;
    for (Parts& chunk : ChunksOf(exchange, stripe)) {
      const auto merger = static_cast<int>(outcomes.size());
      outcomes.push_back({.parts = std::move(chunk), .route = kToAll, .senders = {merger}, .type = stripe.values.type});
    }
    return outcomes;
  }
};

}  // namespace

std::unique_ptr<Reduction> Make() { return std::make_unique<ScatterReduce>(); }

RoundCost CostOf(const RoundShape& shape) {
  RoundCost cost;
  const std::uint64_t peers = shape.ranks - 1;
  for (const std::vector<ChunkCost>& stripe : ChunksOfStripes(shape, kCopies, shape.ranks)) {
    // The busiest rank merges the first chunk, which is never shorter than the others.
    for (std::size_t i = 0; i < stripe.size(); ++i) {
      cost.Put(peers + 1, stripe[i]);
      cost.Get(2 * peers, stripe[i]);
      cost.Step(0, i > 0 ? 1 : 0, stripe[i]);
      cost.Step(3, i > 0 ? 1 : 0, stripe[i]);
    }
    cost.Step(1, peers, stripe.front());
    cost.Step(2, 1, stripe.front());
  }
  return cost;
}

}  // namespace lambdaml::scatter_reduce
