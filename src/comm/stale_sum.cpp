// SPDX-License-Identifier: Apache-2.0
#include "comm/stale_sum.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "comm/canonical_sum.h"

namespace lambdaml {

namespace {

// How many rounds back from its own a rank looks for newer totals than it must have. A miss costs a request.
constexpr std::uint64_t kRoundsLookedAt = 3;

}  // namespace

Result<void> StaleSum::Fold(const Collective& call, const Contribution& mine) {
  if (!generation_) {
    generation_ = call.round;
    values_ = mine.values.size();
    totals_.assign(mine.values.size() + mine.tally.size(), 0.0);
    returned_ = totals_;
    peers_.assign(static_cast<std::size_t>(exchange_.size()), Peer{});
  }
  TRY(Add(mine));
  TRY(mine.staleness == kAnyStaleness ? ExchangeSlots(call) : ExchangeTotals(call, mine.staleness));
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

Result<void> StaleSum::CatchUp(const Collective& call, const Contribution& mine, const AllReduce& all_reduce) {
  TRY(Add(mine));
  TRY(all_reduce(totals_));
  Return(totals_, mine);
  if (has_slot_) exchange_.RetireSlot(call, *generation_);
  has_slot_ = false;
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

// Writing and reading at the same time: nothing is waited for.
Result<void> StaleSum::ExchangeSlots(const Collective& call) {
  Background& background = exchange_.membership().background;
  Result<void> published;
  background.Start([this, &call, &published] { published = Publish(call, kAnyStaleness); });
  Result<void> looked = LookForNewer(call, kAnyStaleness);
  background.Finish();
  TRY(std::move(published));
  return looked;
}

Result<void> StaleSum::ExchangeTotals(const Collective& call, std::uint64_t staleness) {
  TRY(Publish(call, staleness));
  TRY(AwaitPeers(call, staleness));
  return LookForNewer(call, staleness);
}

Result<void> StaleSum::Publish(const Collective& call, std::uint64_t staleness) {
  const Outgoing total{
      .to = Inbox::OfAll(), .elements = values_, .values = Elements::Of(std::span(totals_)), .may_be_recalled = false};
  if (staleness != kAnyStaleness) return exchange_.Post(call, {&total, 1});
  has_slot_ = true;
  return exchange_.PostSlot(call, *generation_, total);
}

// For the totals of the call that is as old as is allowed.
Result<void> StaleSum::AwaitPeers(const Collective& call, std::uint64_t staleness) {
  if (staleness > call.round - *generation_) return {};
  const std::uint64_t round = call.round - staleness;
  std::vector<Incoming> expected;
  for (int rank = 0; rank < exchange_.size(); ++rank) {
    const Peer& peer = peers_[static_cast<std::size_t>(rank)];
    if (rank == exchange_.rank() || (!peer.totals.empty() && peer.round >= round)) continue;
    expected.push_back(TotalOf(rank));
    expected.back().round = round;
  }
  const std::vector<Arrival> totals = TRY(exchange_.Collect(call, expected));
  for (std::size_t i = 0; i < totals.size(); ++i) Take(expected[i].sender, totals[i]);
  return {};
}

Result<void> StaleSum::LookForNewer(const Collective& call, std::uint64_t staleness) {
  std::vector<Incoming> expected;
  for (int rank = 0; rank < exchange_.size(); ++rank) {
    if (rank == exchange_.rank()) continue;
    if (staleness == kAnyStaleness) {
      expected.push_back(TotalOf(rank));
      expected.back().key = SlotKey(exchange_.membership().job, *generation_, rank);
      continue;
    }
    const Peer& peer = peers_[static_cast<std::size_t>(rank)];
    const std::uint64_t known = peer.totals.empty() ? *generation_ : peer.round + 1;
    for (std::uint64_t back = 0; back < kRoundsLookedAt && call.round >= known + back; ++back) {
      expected.push_back(TotalOf(rank));
      expected.back().round = call.round - back;
    }
  }
  const auto totals = TRY(exchange_.Peek(call, expected));
  for (std::size_t i = 0; i < totals.size(); ++i) {
    if (totals[i]) Take(expected[i].sender, *totals[i]);
  }
  return {};
}

Incoming StaleSum::TotalOf(int sender) const {
  return {.inbox = Inbox::OfAll(),
          .sender = sender,
          .elements = values_,
          .type = ElementType::kFloat64,
          .part_elements = totals_.size()};
}

// Unless a newer one is known: a channel may show an older one again.
void StaleSum::Take(int sender, const Arrival& total) {
  Peer& peer = peers_[static_cast<std::size_t>(sender)];
  if (!peer.totals.empty() && total.round <= peer.round) return;
  peer.round = total.round;
  peer.totals.resize(totals_.size());
  Decode(total.values, Elements::Of(std::span(peer.totals)));
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
