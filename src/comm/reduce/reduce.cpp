// SPDX-License-Identifier: Apache-2.0
#include "comm/reduce/reduce.h"

namespace lambdaml::reduce {

namespace {

constexpr int kMerger = 0;
constexpr Route kToMerger{.phase = Phase::kContribute, .inbox = Inbox::Of(kMerger)};
constexpr Route kToAll{.phase = Phase::kMerged, .inbox = Inbox::OfAll()};

class Reduce final : public Reduction {
 public:
  Result<void> AllReduce(Exchange& exchange, const Collective& call, const Stripe& stripe) override {
    const Parts parts = CutStripe(stripe, 1, exchange.membership().piece_bytes).front();
    if (exchange.rank() == kMerger) {
      const std::vector<int> all = AllRanks(exchange.size());
      TRY(MergeFrom(exchange, call, {.senders = all, .own = parts, .sums = parts}, kToMerger));
      return PostAll(exchange, call, parts, kToAll);
    }
    TRY(PostAll(exchange, call, parts, kToMerger));
    const Merged merged{.merger = kMerger, .parts = parts};
    return Gather(exchange, call, {&merged, 1}, kToAll);
  }

  std::size_t Copies(int ranks) const override { return static_cast<std::size_t>(ranks); }

  std::optional<Incoming> FirstMessage(Exchange& exchange, const Collective& /*call*/, const Stripe& stripe,
                                       int sender) const override {
    if (sender == kMerger) return std::nullopt;
    return ToCollect(CutStripe(stripe, 1, exchange.membership().piece_bytes).front().front(), kToMerger, sender);
  }

  std::vector<Outgoing> Written(const Exchange& exchange, const Stripe& stripe) const override {
    const Parts parts = CutStripe(stripe, 1, exchange.membership().piece_bytes).front();
    return ToPost(parts, exchange.rank() == kMerger ? kToAll : kToMerger);
  }

  std::vector<Outcome> Outcomes(const Exchange& exchange, const Stripe& stripe) const override {
    return {{.parts = CutStripe(stripe, 1, exchange.membership().piece_bytes).front(),
             .route = kToAll,
             .senders = {kMerger},
             .type = stripe.values.type}};
  }
};

}  // namespace

std::unique_ptr<Reduction> Make() { return std::make_unique<Reduce>(); }

RoundCost CostOf(const RoundShape& shape) {
  RoundCost cost;
  const std::uint64_t peers = shape.ranks - 1;
  for (const std::vector<ChunkCost>& stripe : ChunksOfStripes(shape, shape.ranks, 1)) {
    const ChunkCost& whole = stripe.front();
    cost.Put(peers + 1, whole);
    cost.Get(2 * peers, whole);
    cost.Step(0, 1, whole);
    cost.Step(1, peers, whole);
    cost.Step(2, 1, whole);
    cost.Step(3, 1, whole);
  }
  return cost;
}

}  // namespace lambdaml::reduce
