// SPDX-License-Identifier: Apache-2.0
#include "comm/store_communicator.h"

#include <string_view>
#include <utility>

#include "base/text.h"
#include "comm/announcements.h"
#include "comm/stale_sum.h"

namespace lambdaml {

namespace {

// A call that was started, in the order of the calls.
struct Started {
  VectorSum sum;
  Result<void> result;
};

enum class Threads { kOne, kMany };

class StoreCommunicator final : public Communicator {
 public:
  StoreCommunicator(const Membership& membership, std::unique_ptr<Chooser> chooser)
      : exchange_(membership),
        chooser_(std::move(chooser)),
        announcements_(exchange_),
        stale_(exchange_),
        replay_(exchange_),
        recorder_(membership.clock) {}
  StoreCommunicator(const StoreCommunicator&) = delete;
  StoreCommunicator& operator=(const StoreCommunicator&) = delete;
  ~StoreCommunicator() override { exchange_.membership().background.Finish(); }

  int rank() const override { return exchange_.rank(); }
  int size() const override { return exchange_.size(); }
  CommunicatorUse use() const override {
    return {.rounds = exchange_.rounds(), .choices = chooser_->choices(), .last_calls = recorder_.Records()};
  }

  using Communicator::AllReduce;
  Result<void> AllReduce(const Contribution& mine) override;
  Result<void> AllReduce(std::span<double> values) override;
  void Start(const Contribution& mine) override;
  Result<void> Finish() override;
  Result<void> Broadcast(Bytes& bytes, int root) override;
  Result<void> Barrier() override;
  Result<bool> Recall(const Contribution& mine) override;
  void Forget(std::uint64_t round) override { exchange_.Forget(round); }
  std::uint64_t next_round() const override { return exchange_.next_round(); }

 private:
  template <class Work>
  Result<void> Run(std::string_view operation, std::uint64_t elements, const Work& work);
  template <class Work>
  Result<void> Recorded(std::string_view operation, const Collective& call, std::uint64_t elements, const Work& work);
  template <class Take>
  Result<bool> Recalled(std::string_view operation, std::uint64_t elements, const Take& take);

  Result<bool> RecallSum(const Elements& values, std::span<double> tally);

  Result<void> SumFloats(const Collective& call, const Contribution& mine);
  Result<void> SumDoubles(const Collective& call, std::span<double> values);
  Result<void> SumVector(VectorSum sum, Threads threads);
  Result<void> SumStripe(const VectorSum& sum, const Stripe& stripe);
  Error Explained(const VectorSum& sum, const Stripe& stripe, Error error);

  Exchange exchange_;
  std::unique_ptr<Chooser> chooser_;
  Announcements announcements_;
  StaleSum stale_;
  Replay replay_;
  FlightRecorder recorder_;
  std::vector<std::unique_ptr<Started>> started_;
};

template <class Work>
Result<void> StoreCommunicator::Recorded(std::string_view operation, const Collective& call, std::uint64_t elements,
                                         const Work& work) {
  recorder_.Began(call.round, operation, elements);
  Result<void> done = size() == 1 ? Result<void>() : work(call);
  recorder_.Ended(call.round, done.ok() ? "done" : done.error().message);
  if (done.ok()) return done;
  return std::move(done).Context(StrCat("rank ", rank(), " of ", size(), ", round ", call.round, ", ", operation));
}

template <class Work>
Result<void> StoreCommunicator::Run(std::string_view operation, std::uint64_t elements, const Work& work) {
  TRY(Finish());
  const Collective call = TRY(exchange_.Begin());
  return Recorded(operation, call, elements, work);
}

// Takes the result of the next call from the channel if all of it is there. If not, nothing has happened but that the
// replay is over.
template <class Take>
Result<bool> StoreCommunicator::Recalled(std::string_view operation, std::uint64_t elements, const Take& take) {
  if (!replay_.is_on() || size() == 1) return false;
  TRY(Finish());
  const Collective call = exchange_.Next();
  Result<bool> taken = take(call);
  if (taken.ok() && taken.value()) {
    recorder_.Began(call.round, operation, elements);
    recorder_.Ended(call.round, "recalled");
    TRY(exchange_.Skip());
  } else {
    replay_.End();
  }
  return std::move(taken).Context(
      StrCat("rank ", rank(), " of ", size(), ", round ", call.round, ", recalling ", operation));
}

Result<bool> StoreCommunicator::Recall(const Contribution& mine) {
  if (mine.staleness > 0 || stale_.is_behind()) return false;
  return RecallSum(Elements::Of(mine.values), mine.tally);
}

Result<bool> StoreCommunicator::RecallSum(const Elements& values, std::span<double> tally) {
  return Recalled("AllReduce", values.count(), [this, &values, tally](const Collective& call) -> Result<bool> {
    Reduction* const reduction = TRY(chooser_->Recall(replay_, exchange_, call, values));
    if (reduction == nullptr) return false;
    return replay_.Take({.call = call, .reduction = reduction, .values = values, .tally = tally});
  });
}

Result<void> StoreCommunicator::AllReduce(const Contribution& mine) {
  if (mine.staleness > 0) replay_.End();
  if (TRY(Recall(mine))) return {};
  return Run("AllReduce", mine.values.size(), [this, &mine](const Collective& call) -> Result<void> {
    if (mine.staleness > 0) return stale_.Fold(call, mine);
    if (!stale_.is_behind()) return SumFloats(call, mine);
    return stale_.CatchUp(call, mine, [this, &call](std::span<double> totals) { return SumDoubles(call, totals); });
  });
}

Result<void> StoreCommunicator::AllReduce(std::span<double> values) {
  if (TRY(RecallSum(Elements::Of(values), {}))) return {};
  return Run("AllReduce", values.size(), [this, values](const Collective& call) { return SumDoubles(call, values); });
}

Result<void> StoreCommunicator::SumFloats(const Collective& call, const Contribution& mine) {
  Reduction* const reduction = TRY(chooser_->Choose(exchange_, call, Elements::Of(mine.values)));
  TRY(SumVector({.call = call, .reduction = reduction, .values = Elements::Of(mine.values), .tally = mine.tally},
                Threads::kMany));
  chooser_->Ended(call);
  return {};
}

Result<void> StoreCommunicator::SumDoubles(const Collective& call, std::span<double> values) {
  Reduction* const reduction = TRY(chooser_->Choose(exchange_, call, Elements::Of(values)));
  return SumVector({.call = call, .reduction = reduction, .values = Elements::Of(values)}, Threads::kMany);
}

void StoreCommunicator::Start(const Contribution& mine) {
  if (stale_.is_behind()) {  // then nothing else is under way, and catching up is for the caller's thread
    Result<void> caught_up = AllReduce(Contribution{.values = mine.values, .tally = mine.tally});
    started_.push_back(std::make_unique<Started>());
    started_.back()->result = std::move(caught_up);
    return;
  }
  if (replay_.is_on()) {  // then all that was started before is over
    Result<bool> recalled = Recall(mine);
    if (!recalled.ok() || recalled.value()) {
      started_.push_back(std::make_unique<Started>());
      if (!recalled.ok()) started_.back()->result = std::move(recalled).error();
      return;
    }
  }
  started_.push_back(std::make_unique<Started>());
  Started& started = *started_.back();
  Result<Collective> call = exchange_.Begin(started_.size() - 1);
  if (!call.ok()) {
    started.result = std::move(call).error();
    return;
  }
  started.sum.call = call.value();
  if (size() == 1) return;
  Result<Reduction*> reduction = chooser_->Choose(exchange_, started.sum.call, Elements::Of(mine.values));
  if (!reduction.ok()) {
    started.result = std::move(reduction).error();
    return;
  }
  started.sum.reduction = reduction.value();
  started.sum.values = Elements::Of(mine.values);
  started.sum.tally = mine.tally;
  exchange_.membership().background.Start([this, &started] {
    started.result = Recorded("AllReduce", started.sum.call, started.sum.values.count(),
                              [this, &started](const Collective&) { return SumVector(started.sum, Threads::kOne); });
  });
}

Result<void> StoreCommunicator::Finish() {
  if (started_.empty()) return {};
  exchange_.membership().background.Finish();
  const std::vector<std::unique_ptr<Started>> ended = std::exchange(started_, {});
  for (const auto& started : ended) TRY(started->result);
  for (const auto& started : ended) {
    if (started->sum.reduction != nullptr) chooser_->Ended(started->sum.call);
  }
  return {};
}

Result<void> StoreCommunicator::SumVector(VectorSum sum, Threads threads) {
  const Membership& membership = exchange_.membership();
  RoundTo(membership.format.wire, sum.values);
  if (membership.replays) {
    sum.call.result = std::make_shared<KnownResult>();
    sum.call.result->keys = replay_.KeysOf(sum);
  }
  const std::vector<Stripe> stripes = StripesOf(exchange_, sum);
  Result<void> result;  // the first error, of whichever stripe
  for (const Stripe& stripe : stripes) {
    const auto work = [this, &sum, &result, &stripe] {
      if (*sum.call.given_up) return;
      Result<void> summed = SumStripe(sum, stripe);
      if (!summed.ok() && !sum.call.given_up->exchange(true)) result = std::move(summed);
    };
    if (threads == Threads::kOne || stripes.size() == 1) {
      work();
    } else {
      membership.background.Start(work);
    }
  }
  if (threads == Threads::kMany && stripes.size() > 1) membership.background.Finish();
  if (sum.call.result != nullptr && sum.call.result->is_there) result = replay_.TakeAfterAll(sum);
  TRY(std::move(result));
  exchange_.Synchronised(sum.call);
  return {};
}

Result<void> StoreCommunicator::SumStripe(const VectorSum& sum, const Stripe& stripe) {
  Result<void> summed = sum.reduction->AllReduce(exchange_, sum.call, stripe);
  if (summed.ok() || summed.error().code != Code::kTimeout) return summed;
  return Explained(sum, stripe, std::move(summed).error());
}

// A rank that is late may be waiting itself: adds who has not even begun. The time-out stands whether or not this can
// be found out.
Error StoreCommunicator::Explained(const VectorSum& sum, const Stripe& stripe, Error error) {
  std::vector<Incoming> first;
  for (int sender = 0; sender < size(); ++sender) {
    if (sender == rank()) continue;
    const auto message = sum.reduction->FirstMessage(exchange_, sum.call, stripe, sender);
    if (message) first.push_back(*message);
  }
  const Result<std::vector<int>> absent = exchange_.Absent(sum.call, first);
  if (!absent.ok() || absent.value().empty()) return error;
  error.message += StrCat("; ", RankNames(absent.value()), " sent nothing in this round");
  return error;
}

Result<void> StoreCommunicator::Broadcast(Bytes& bytes, int root) {
  if (root < 0 || root >= size()) {
    return Error{Code::kInvalid, StrCat("Broadcast from rank ", root, ": the ranks are 0 to ", size() - 1)};
  }
  const auto recall = [this, &bytes, root](const Collective& call) {
    return announcements_.RecallBroadcast(replay_, call, bytes, root);
  };
  if (TRY(Recalled("Broadcast", bytes.size(), recall))) return {};
  return Run("Broadcast", bytes.size(),
             [this, &bytes, root](const Collective& call) { return announcements_.Broadcast(call, bytes, root); });
}

Result<void> StoreCommunicator::Barrier() {
  const auto recall = [this](const Collective& call) { return announcements_.RecallBarrier(replay_, call); };
  if (TRY(Recalled("Barrier", 0, recall))) return {};
  return Run("Barrier", 0, [this](const Collective& call) { return announcements_.Barrier(call); });
}

class AlwaysOne final : public Chooser {
 public:
  explicit AlwaysOne(std::unique_ptr<Reduction> reduction) : reduction_(std::move(reduction)) {}
  Result<Reduction*> Choose(Exchange&, const Collective&, const Elements&) override { return reduction_.get(); }
  Result<Reduction*> Recall(Replay&, Exchange&, const Collective&, const Elements&) override {
    return reduction_.get();
  }

 private:
  std::unique_ptr<Reduction> reduction_;
};

}  // namespace

std::unique_ptr<Chooser> Always(std::unique_ptr<Reduction> reduction) {
  return std::make_unique<AlwaysOne>(std::move(reduction));
}

std::unique_ptr<Communicator> MakeStoreCommunicator(const Membership& membership, std::unique_ptr<Chooser> chooser) {
  return std::make_unique<StoreCommunicator>(membership, std::move(chooser));
}

}  // namespace lambdaml
