// SPDX-License-Identifier: Apache-2.0
#include "comm/stale_sum.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "comm/canonical_sum.h"

namespace lambdaml {

namespace {

// Between two looks at a slot that is older than the message which announced it.
constexpr Clock::Duration kSlotPause = std::chrono::milliseconds(2);

}  // namespace

Result<void> StaleSum::Fold(const Call& call, const Contribution& mine) {
  if (!generation_) {
    generation_ = call.round;
    values_ = mine.values.size();
    totals_.assign(mine.values.size() + mine.tally.size(), 0.0);
    returned_ = totals_;
    peers_.assign(static_cast<std::size_t>(exchange_.size()), Peer{});
  }
  TRY(Add(mine));
  TRY(Publish(call, mine.staleness));
  TRY(AwaitPeers(call, mine.staleness));
  TRY(ReadPeers(call, mine.staleness));
  std::vector<Encoded> by_rank;
  const std::vector<double> zeros(totals_.size());
  for (int rank = 0; rank < exchange_.size(); ++rank) {
    const Peer& peer = peers_[static_cast<std::size_t>(rank)];
    const std::vector<double>& totals = rank == exchange_.rank() ? totals_ : peer.totals.empty() ? zeros : peer.totals;
    by_rank.push_back({ElementType::kFloat64, std::as_bytes(std::span(totals)), totals.size()});
  }
  std::vector<double> sum(totals_.size());
  CanonicalSum(by_rank, Accumulate::kFloat64, Elements::Of(std::span(sum)));
  Return(sum, mine);
  exchange_.ReadersDone(std::max(SlowestPeer(), mine.staleness) - mine.staleness);
  return {};
}

Result<void> StaleSum::CatchUp(const Call& call, const Contribution& mine, const AllReduce& all_reduce) {
  TRY(Add(mine));
  TRY(all_reduce(totals_));
  Return(totals_, mine);
  exchange_.RetireSlot(call, *generation_);
  generation_.reset();
  return {};
}

Result<void> StaleSum::Add(const Contribution& mine) {
  if (values_ != mine.values.size() || totals_.size() != values_ + mine.tally.size()) {
    return Error{Code::kInvalid,
                 StrCat("a stale sum of ", mine.values.size(), " values and a tally of ", mine.tally.size(),
                        " after one of ", values_, " and ", totals_.size() - values_, "; catch up first")};
  }
  std::transform(mine.values.begin(), mine.values.end(), totals_.begin(), totals_.begin(),
                 [](float value, double total) { return total + static_cast<double>(value); });
  const auto tally = totals_.begin() + static_cast<std::ptrdiff_t>(values_);
  std::transform(mine.tally.begin(), mine.tally.end(), tally, tally, std::plus<>());
  return {};
}

Result<void> StaleSum::Publish(const Call& call, std::uint64_t staleness) {
  const Outgoing slot{.to = Inbox::OfAll(), .elements = values_, .values = Elements::Of(std::span(totals_))};
  TRY(exchange_.PostSlot(call, *generation_, slot));
  if (staleness == kAnyStaleness) return {};
  const Outgoing here{.to = Inbox::OfAll()};
  return exchange_.Post(call, {&here, 1});
}

Result<void> StaleSum::AwaitPeers(const Call& call, std::uint64_t staleness) {
  if (staleness > call.round - *generation_) return {};
  Call of_then = call;
  of_then.round = call.round - staleness;
  std::vector<Incoming> expected;
  for (int rank = 0; rank < exchange_.size(); ++rank) {
    if (rank == exchange_.rank()) continue;
    const Peer& peer = peers_[static_cast<std::size_t>(rank)];
    const bool is_there = !peer.totals.empty() && peer.round >= of_then.round;
    if (!is_there) expected.push_back({.inbox = Inbox::OfAll(), .sender = rank, .elements = 0});
  }
  TRY(exchange_.Collect(of_then, expected));
  return {};
}

Result<void> StaleSum::ReadPeers(const Call& call, std::uint64_t staleness) {
  const Incoming expected{.inbox = Inbox::OfAll(),
                          .elements = values_,
                          .type = ElementType::kFloat64,
                          .part_elements = totals_.size(),
                          .is_slot = true};
  Clock& clock = exchange_.membership().clock;
  while (true) {
    auto slots = TRY(exchange_.ReadSlots(call, *generation_, expected));
    for (std::size_t rank = 0; rank < slots.size(); ++rank) {
      Peer& peer = peers_[rank];
      if (!slots[rank] || (!peer.totals.empty() && slots[rank]->round <= peer.round)) continue;
      peer.round = slots[rank]->round;
      peer.totals.resize(totals_.size());
      Decode(slots[rank]->values, Elements::Of(std::span(peer.totals)));
    }
    if (staleness > call.round - *generation_ || SlowestPeer() >= call.round - staleness) return {};
    if (clock.Now() >= call.deadline) {
      return Error{Code::kTimeout, "a rank has announced a total that it never wrote"};
    }
    clock.SleepUntil(clock.Now() + kSlotPause);
  }
}

std::uint64_t StaleSum::SlowestPeer() const {
  std::uint64_t slowest = UINT64_MAX;
  for (std::size_t rank = 0; rank < peers_.size(); ++rank) {
    if (static_cast<int>(rank) == exchange_.rank()) continue;
    slowest = std::min(slowest, peers_[rank].totals.empty() ? 0 : peers_[rank].round);
  }
  return slowest;
}

void StaleSum::Return(std::span<const double> sum, const Contribution& mine) {
  for (std::size_t i = 0; i < values_; ++i) {
    mine.values[i] = static_cast<float>(sum[i] - returned_[i]);
    returned_[i] += static_cast<double>(mine.values[i]);  // what rounding has left out comes next time
  }
  for (std::size_t i = values_; i < sum.size(); ++i) {
    mine.tally[i - values_] = sum[i] - returned_[i];
    returned_[i] = sum[i];
  }
}

}  // namespace lambdaml
