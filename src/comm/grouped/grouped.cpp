// SPDX-License-Identifier: Apache-2.0
#include "comm/grouped/grouped.h"

#include <algorithm>
#include <numeric>

namespace lambdaml::grouped {

namespace {

constexpr std::size_t kCopies = 3;  // a chunk of the group, one of all groups, and all chunks of the sum
constexpr Route kToGroups{.phase = Phase::kAcrossGroups, .inbox = Inbox::OfAll()};
constexpr Route kToGroup{.phase = Phase::kMerged, .inbox = Inbox::OfAll()};

Route ToOwner(int owner) { return {.phase = Phase::kContribute, .inbox = Inbox::Of(owner)}; }

std::size_t SmallestOf(std::span<const Group> groups) {
  return static_cast<std::size_t>(std::ranges::min(groups, {}, &Group::ranks).ranks);
}

// The sum of a group over one chunk, which must stay as exact as the way in which it was added.
class GroupSum {
 public:
  GroupSum(const Parts& own, const WireFormat& format) {
    const bool wider = PrecisionOf(format) == Accumulate::kFloat64;
    std::size_t bytes = 0;
    for (const Part& part : own) bytes += part.values.count() * sizeof(double);
    storage_.resize(bytes);
    tally_.resize(own.front().tally.size());
    std::size_t at = 0;
    for (Part part : own) {
      const ElementType type = wider ? ElementType::kFloat64 : part.values.type;
      const std::size_t size = part.values.count() * ElementBytes(type);
      part.values = {type, std::span(storage_).subspan(at, size)};
      at += size;
      if (!part.tally.empty()) part.tally = tally_;
      parts_.push_back(part);
    }
  }

  const Parts& parts() const { return parts_; }

 private:
  Bytes storage_;
  std::vector<double> tally_;
  Parts parts_;
};

// One rank's view of one stripe.
class Round {
 public:
  Round(Exchange& exchange, const Collective& call, const Stripe& stripe)
      : exchange_(exchange),
        call_(call),
        groups_(GroupsOf(exchange.size())),
        own_(*std::ranges::find_if(groups_, [&](const Group& group) { return group.contains(exchange.rank()); })),
        chunks_(CutStripe(stripe, SmallestOf(groups_), exchange.membership().piece_bytes)) {}

  Result<void> Run() {
    TRY(Scatter());
    const auto own = static_cast<std::size_t>(exchange_.rank() - own_.first);
    if (own < chunks_.size()) TRY(MergeOwn(own));
    return GatherAll();
  }

  // What `sender` posts first: a contribution, or the sum of its group if it merges the only chunk.
  std::optional<Incoming> FirstMessage(int sender) const {
    const Group& group = *std::ranges::find_if(groups_, [&](const Group& g) { return g.contains(sender); });
    for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
      const int owner = OwnerOf(group, chunk);
      if (owner != sender) return ToCollect(chunks_[chunk].front(), ToOwner(owner), sender);
    }
    return ToCollect(chunks_.front().front(), kToGroups, sender);
  }

 private:
  int OwnerOf(const Group& group, std::size_t chunk) const { return group.first + static_cast<int>(chunk); }

  Result<void> Scatter() {
    std::vector<Outgoing> messages;
    for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
      const int owner = OwnerOf(own_, chunk);
      if (owner == exchange_.rank()) continue;
      for (const Part& part : chunks_[chunk]) messages.push_back(ToPost(part, ToOwner(owner)));
    }
    return exchange_.Post(call_, messages);
  }

  Result<void> MergeOwn(std::size_t chunk) {
    const Parts& own = chunks_[chunk];
    const GroupSum sum(own, exchange_.membership().format);
    std::vector<int> group(static_cast<std::size_t>(own_.ranks));
    std::iota(group.begin(), group.end(), own_.first);
    const Merge within{.senders = group, .own = own, .sums = sum.parts(), .what = SumOf::kGroup};
    TRY(MergeFrom(exchange_, call_, within, ToOwner(exchange_.rank())));
    if (groups_.size() > 1) TRY(PostAll(exchange_, call_, sum.parts(), kToGroups));
    std::vector<int> owners;
    for (const Group& other : groups_) owners.push_back(OwnerOf(other, chunk));
    TRY(MergeFrom(exchange_, call_, {.senders = owners, .own = sum.parts(), .sums = own}, kToGroups));
    return own_.ranks > 1 ? PostAll(exchange_, call_, own, kToGroup) : Result<void>();
  }

  Result<void> GatherAll() {
    std::vector<Merged> merged;
    for (std::size_t i = 0; i < chunks_.size(); ++i) merged.push_back({OwnerOf(own_, i), chunks_[i]});
    return Gather(exchange_, call_, merged, kToGroup);
  }

  Exchange& exchange_;
  const Collective& call_;
  std::vector<Group> groups_;
  Group own_;
  std::vector<Parts> chunks_;
};

class Grouped final : public Reduction {
 public:
  Result<void> AllReduce(Exchange& exchange, const Collective& call, const Stripe& stripe) override {
    return Round(exchange, call, stripe).Run();
  }

  std::size_t Copies(int /*ranks*/) const override { return kCopies; }

  std::optional<Incoming> FirstMessage(Exchange& exchange, const Collective& call, const Stripe& stripe,
                                       int sender) const override {
    return Round(exchange, call, stripe).FirstMessage(sender);
  }
};

}  // namespace

std::unique_ptr<Reduction> Make() { return std::make_unique<Grouped>(); }

RoundCost CostOf(const RoundShape& shape) {
  RoundCost cost;
  const std::vector<Group> groups = GroupsOf(static_cast<int>(shape.ranks));
  const std::uint64_t others = groups.size() - 1;
  const auto largest = static_cast<std::uint64_t>(groups.front().ranks);
  for (const std::vector<ChunkCost>& stripe : ChunksOfStripes(shape, kCopies, SmallestOf(groups))) {
    for (std::size_t i = 0; i < stripe.size(); ++i) {
      for (const Group& group : groups) {
        const auto peers = static_cast<std::uint64_t>(group.ranks - 1);
        cost.Put(peers + (others > 0 ? 1 : 0) + (peers > 0 ? 1 : 0), stripe[i]);
        cost.Get(peers + others + peers, stripe[i]);
      }
      cost.Step(0, i > 0 ? 1 : 0, stripe[i]);
      cost.Step(5, i > 0 ? 1 : 0, stripe[i]);
    }
    cost.Step(1, largest - 1, stripe.front());
    cost.Step(2, others > 0 ? 1 : 0, stripe.front());
    cost.Step(3, others, stripe.front());
    cost.Step(4, largest > 1 ? 1 : 0, stripe.front());
  }
  return cost;
}

}  // namespace lambdaml::grouped
