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

// In which type the sum of a group travels: it must stay as exact as the way in which it was added.
ElementType TypeOfGroupSum(ElementType type, const WireFormat& format) {
  return PrecisionOf(format) == Accumulate::kFloat64 ? ElementType::kFloat64 : type;
}

// The sum of a group over one chunk.
class GroupSum {
 public:
  GroupSum(const Parts& own, const WireFormat& format) {
    std::size_t bytes = 0;
    for (const Part& part : own) bytes += part.values.count() * sizeof(double);
    storage_.resize(bytes);
    tally_.resize(own.front().tally.size());
    std::size_t at = 0;
    for (Part part : own) {
      const ElementType type = TypeOfGroupSum(part.values.type, format);
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
  Round(const Exchange& exchange, const Stripe& stripe)
      : rank_(exchange.rank()),
        format_(exchange.membership().format),
        groups_(GroupsOf(exchange.size())),
        own_(*std::ranges::find_if(groups_, [&](const Group& group) { return group.contains(exchange.rank()); })),
        chunks_(CutStripe(stripe, SmallestOf(groups_), exchange.membership().piece_bytes)) {}

  Result<void> Run(Exchange& exchange, const Collective& call) {
    TRY(exchange.Post(call, Contributions()));
    if (Own() < chunks_.size()) TRY(MergeOwn(exchange, call));
    return GatherAll(exchange, call);
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

  std::vector<Outgoing> Written() const {
    std::vector<Outgoing> messages = Contributions();
    if (Own() >= chunks_.size()) return messages;
    for (const Part& part : chunks_[Own()]) {
      if (groups_.size() > 1) messages.push_back(ToPost(part, kToGroups));
      if (own_.ranks > 1) messages.push_back(ToPost(part, kToGroup));
    }
    return messages;
  }

  // Nobody writes the sum for a group of one rank.
  std::vector<Outcome> Outcomes() const {
    std::vector<Outcome> outcomes;
    for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
      const ElementType type = chunks_[chunk].front().values.type;
      if (own_.ranks > 1) {
        outcomes.push_back(
            {.parts = chunks_[chunk], .route = kToGroup, .senders = {OwnerOf(own_, chunk)}, .type = type});
      } else {
        outcomes.push_back({.parts = chunks_[chunk],
                            .route = kToGroups,
                            .senders = OwnersOf(chunk),
                            .type = TypeOfGroupSum(type, format_)});
      }
    }
    return outcomes;
  }

 private:
  int OwnerOf(const Group& group, std::size_t chunk) const { return group.first + static_cast<int>(chunk); }
  std::size_t Own() const { return static_cast<std::size_t>(rank_ - own_.first); }  // the chunk, if there are so many

  std::vector<int> OwnersOf(std::size_t chunk) const {
    std::vector<int> owners;
    for (const Group& group : groups_) owners.push_back(OwnerOf(group, chunk));
    return owners;
  }

  std::vector<Outgoing> Contributions() const {
    std::vector<Outgoing> messages;
    for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
      const int owner = OwnerOf(own_, chunk);
      if (owner == rank_) continue;
      for (const Part& part : chunks_[chunk]) messages.push_back(ToPost(part, ToOwner(owner)));
    }
    return messages;
  }

  Result<void> MergeOwn(Exchange& exchange, const Collective& call) {
    const Parts& own = chunks_[Own()];
    const GroupSum sum(own, format_);
    std::vector<int> group(static_cast<std::size_t>(own_.ranks));
    std::iota(group.begin(), group.end(), own_.first);
    const Merge within{.senders = group, .own = own, .sums = sum.parts(), .what = SumOf::kGroup};
    TRY(MergeFrom(exchange, call, within, ToOwner(rank_)));
    if (groups_.size() > 1) TRY(PostAll(exchange, call, sum.parts(), kToGroups));
    const std::vector<int> owners = OwnersOf(Own());
    TRY(MergeFrom(exchange, call, {.senders = owners, .own = sum.parts(), .sums = own}, kToGroups));
    return own_.ranks > 1 ? PostAll(exchange, call, own, kToGroup) : Result<void>();
  }

  Result<void> GatherAll(Exchange& exchange, const Collective& call) {
    std::vector<Merged> merged;
    for (std::size_t i = 0; i < chunks_.size(); ++i) merged.push_back({OwnerOf(own_, i), chunks_[i]});
    return Gather(exchange, call, merged, kToGroup);
  }

  int rank_;
  WireFormat format_;
  std::vector<Group> groups_;
  Group own_;
  std::vector<Parts> chunks_;
};

class Grouped final : public Reduction {
 public:
  Result<void> AllReduce(Exchange& exchange, const Collective& call, const Stripe& stripe) override {
    return Round(exchange, stripe).Run(exchange, call);
  }

  std::size_t Copies(int /*ranks*/) const override { return kCopies; }

  std::optional<Incoming> FirstMessage(Exchange& exchange, const Collective& /*call*/, const Stripe& stripe,
                                       int sender) const override {
    return Round(exchange, stripe).FirstMessage(sender);
  }

  std::vector<Outgoing> Written(const Exchange& exchange, const Stripe& stripe) const override {
    return Round(exchange, stripe).Written();
  }

  std::vector<Outcome> Outcomes(const Exchange& exchange, const Stripe& stripe) const override {
    return Round(exchange, stripe).Outcomes();
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
