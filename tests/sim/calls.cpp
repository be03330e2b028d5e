// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/calls.h"

#include <algorithm>

#include "base/text.h"

namespace lambdaml::sim {

namespace {

constexpr std::uint64_t kOfTally = 1;
constexpr std::uint64_t kOfDoubles = 2;

void Think(const Caller& caller) {
  const auto longest = static_cast<std::uint64_t>(caller.plan.think_max.count());
  const auto time = static_cast<Clock::Duration::rep>(caller.thoughts.Below(longest + 1));
  caller.clock.SleepUntil(caller.clock.Now() + Clock::Duration(time));
}

// The numbers of one all-reduce, in memory that stays where it is.
struct Sum {
  CallId id;
  std::vector<float> values;
  std::vector<double> tally;
};

Sum SumOf(const Caller& caller, const CallId& id) {
  const int rank = caller.peers.rank();
  return {.id = id,
          .values = FloatsOf(caller.plan, id, rank),
          .tally = DoublesOf(caller.plan, id, rank, caller.plan.units[id.unit].tally, kOfTally)};
}

Result<void> Check(const Caller& caller, const Sum& sum) {
  TRY(caller.witness.references.CheckFloats(sum.id, sum.values));
  return caller.witness.references.CheckDoubles(sum.id, sum.tally, kOfTally).Context("tally");
}

// As an algorithm does that need not compute its contribution when the sum is known.
Result<bool> Recall(const Caller& caller, std::size_t unit) {
  if (caller.thoughts.Uniform() >= caller.plan.recalls) return false;
  const Unit& plan = caller.plan.units[unit];
  Sum sum{.id = {.unit = unit}, .values = std::vector<float>(plan.length), .tally = std::vector<double>(plan.tally)};
  const bool taken = TRY(caller.peers.Recall({.values = sum.values, .tally = sum.tally}));
  if (taken) TRY(Check(caller, sum));
  const auto is_zero = [](auto number) { return number == 0; };
  if (taken || (std::ranges::all_of(sum.values, is_zero) && std::ranges::all_of(sum.tally, is_zero))) return taken;
  return Error{Code::kInternal, "has changed numbers for a sum that it did not take"};
}

Result<void> AllReduce(const Caller& caller, std::size_t unit) {
  if (TRY(Recall(caller, unit))) return {};
  Sum sum = SumOf(caller, {.unit = unit});
  TRY(caller.peers.AllReduce({.values = sum.values, .tally = sum.tally}));
  return Check(caller, sum);
}

Result<void> Doubles(const Caller& caller, std::size_t unit) {
  const CallId id{.unit = unit};
  std::vector<double> values =
      DoublesOf(caller.plan, id, caller.peers.rank(), caller.plan.units[unit].length, kOfDoubles);
  TRY(caller.peers.AllReduce(std::span(values)));
  return caller.witness.references.CheckDoubles(id, values, kOfDoubles);
}

Result<void> Broadcast(const Caller& caller, std::size_t unit) {
  const int root = caller.plan.units[unit].root;
  const Bytes news = NewsOf(caller.plan, {.unit = unit});
  Bytes bytes = caller.peers.rank() == root ? news : Bytes(3, std::byte{1});
  TRY(caller.peers.Broadcast(bytes, root));
  if (bytes == news) return {};
  return Error{Code::kInternal, "other bytes than the root has sent"};
}

Result<void> Started(const Caller& caller, std::size_t unit) {
  std::vector<Sum> sums;
  for (std::size_t call = 0; call < caller.plan.units[unit].calls; ++call) {
    sums.push_back(SumOf(caller, {.unit = unit, .call = call}));
  }
  for (Sum& sum : sums) {
    caller.peers.Start({.values = sum.values, .tally = sum.tally});
    Think(caller);
  }
  TRY(caller.peers.Finish());
  for (const Sum& sum : sums) TRY(Check(caller, sum).Context(StrCat("started call ", sum.id.call)));
  return {};
}

// Counts what a rank has received in calls that may be stale. Each contribution brings 1 in the tally under the number
// of its rank, so the tallies so far tell how many of each rank's contributions have come; their order is that of the
// calls, so the values must be the sums of so many.
class Account {
 public:
  Account(const Caller& caller, std::size_t unit)
      : caller_(caller),
        unit_(unit),
        counts_(static_cast<std::size_t>(caller.plan.size)),
        values_(caller.plan.units[unit].length) {}

  Result<void> Call(std::size_t call, std::uint64_t staleness) {
    std::vector<float> values = FloatsOf(caller_.plan, {.unit = unit_, .call = call}, caller_.peers.rank());
    std::vector<double> tally(counts_.size());
    tally[Own()] = 1;
    TRY(caller_.peers.AllReduce({.values = values, .tally = tally, .staleness = staleness}));
    if (std::ranges::min(tally) < 0) return Error{Code::kInternal, StrCat("call ", call, " took contributions back")};
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += tally[i];
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] += static_cast<double>(values[i]);
    TRY(CheckCounts(call, staleness));
    return CheckValues().Context(StrCat("call ", call));
  }

 private:
  std::size_t Own() const { return static_cast<std::size_t>(caller_.peers.rank()); }

  Result<void> CheckCounts(std::size_t call, std::uint64_t staleness) const {
    const auto calls = static_cast<double>(caller_.plan.units[unit_].calls + 1);
    const auto made = static_cast<double>(call + 1);
    const double owed = staleness > call ? 0 : made - static_cast<double>(staleness);
    for (std::size_t rank = 0; rank < counts_.size(); ++rank) {
      const double least = rank == Own() ? made : owed;
      const double most = rank == Own() || staleness == 0 ? made : calls;
      if (counts_[rank] >= least && counts_[rank] <= most) continue;
      return Error{Code::kInternal, StrCat("after call ", call, " has had ", counts_[rank], " contributions of rank ",
                                           rank, ", expected ", least, " to ", most)};
    }
    return {};
  }

  Result<void> CheckValues() const {
    std::vector<double> expected(values_.size());
    for (std::size_t rank = 0; rank < counts_.size(); ++rank) {
      for (std::size_t call = 0; call < static_cast<std::size_t>(counts_[rank]); ++call) {
        const auto one = FloatsOf(caller_.plan, {.unit = unit_, .call = call}, static_cast<int>(rank));
        for (std::size_t i = 0; i < one.size(); ++i) expected[i] += static_cast<double>(one[i]);
      }
    }
    if (std::ranges::equal(values_, expected)) return {};
    return Error{Code::kInternal, "the values are not the sum of the contributions that the tally counts"};
  }

  const Caller& caller_;
  std::size_t unit_;
  std::vector<double> counts_;  // by rank
  std::vector<double> values_;
};

Result<void> Stale(const Caller& caller, std::size_t unit) {
  const Unit& plan = caller.plan.units[unit];
  Account account(caller, unit);
  for (std::size_t call = 0; call < plan.calls; ++call) {
    TRY(account.Call(call, plan.staleness));
    Think(caller);
  }
  return account.Call(plan.calls, 0).Context("catching up");
}

Result<void> MakeCalls(const Caller& caller, std::size_t unit) {
  switch (caller.plan.units[unit].kind) {
    case Unit::Kind::kAllReduce: return AllReduce(caller, unit);
    case Unit::Kind::kDoubles: return Doubles(caller, unit);
    case Unit::Kind::kBroadcast: return Broadcast(caller, unit);
    case Unit::Kind::kBarrier: return caller.peers.Barrier();
    case Unit::Kind::kStarted: return Started(caller, unit);
    case Unit::Kind::kStale: return Stale(caller, unit);
  }
  return {};
}

}  // namespace

Result<void> DoUnit(const Caller& caller, std::size_t unit) {
  Think(caller);
  caller.witness.begun[unit].insert(caller.peers.rank());
  TRY(MakeCalls(caller, unit).Context(StrCat("unit ", unit)));
  const bool meets = caller.plan.units[unit].kind != Unit::Kind::kBroadcast;
  if (!meets || caller.witness.begun[unit].size() == static_cast<std::size_t>(caller.plan.size)) return {};
  return Error{Code::kInternal, StrCat("unit ", unit, ": over before every rank has begun it")};
}

}  // namespace lambdaml::sim
