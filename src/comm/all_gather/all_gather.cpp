// SPDX-License-Identifier: Apache-2.0
#include "comm/all_gather/all_gather.h"

namespace lambdaml::all_gather {

namespace {

constexpr Route kToAll{.phase = Phase::kContribute, .inbox = Inbox::OfAll()};

class AllGather final : public Reduction {
 public:
  Result<void> AllReduce(Exchange& exchange, const Collective& call, const Stripe& stripe) override {
    const Parts parts = CutStripe(stripe, 1, exchange.membership().piece_bytes).front();
    TRY(PostAll(exchange, call, parts, kToAll));
    const std::vector<int> all = AllRanks(exchange.size());
    return MergeFrom(exchange, call, {.senders = all, .own = parts, .sums = parts}, kToAll);
  }

  std::size_t Copies(int ranks) const override { return static_cast<std::size_t>(ranks); }

  std::optional<Incoming> FirstMessage(Exchange& exchange, const Collective& /*call*/, const Stripe& stripe,
                                       int sender) const override {
    return ToCollect(CutStripe(stripe, 1, exchange.membership().piece_bytes).front().front(), kToAll, sender);
  }

  std::vector<Outgoing> Written(const Exchange& exchange, const Stripe& stripe) const override {
    return ToPost(CutStripe(stripe, 1, exchange.membership().piece_bytes).front(), kToAll);
  }

  std::vector<Outcome> Outcomes(const Exchange& exchange, const Stripe& stripe) const override {
    return {{.parts = CutStripe(stripe, 1, exchange.membership().piece_bytes).front(),
             .route = kToAll,
             .senders = AllRanks(exchange.size()),
             .type = stripe.values.type}};
  }
};

}  // namespace

std::unique_ptr<Reduction> Make() { return std::make_unique<AllGather>(); }

RoundCost CostOf(const RoundShape& shape) {
  RoundCost cost;
  const std::uint64_t peers = shape.ranks - 1;
  for (const std::vector<ChunkCost>& stripe : ChunksOfStripes(shape, shape.ranks, 1)) {
    const ChunkCost& whole = stripe.front();
    cost.Put(shape.ranks, whole);
    cost.Get(shape.ranks * peers, whole);
    cost.Step(0, 1, whole);
    cost.Step(1, peers, whole);
  }
  return cost;
}

}  // namespace lambdaml::all_gather
