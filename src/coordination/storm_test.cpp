// SPDX-License-Identifier: Apache-2.0
// One rank whose functions and watchers act in an order drawn from a seed, over a channel that fails and loses answers.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/random.h"
#include "base/text.h"
#include "coordination/job_state.h"
#include "coordination/lease.h"
#include "coordination/roster.h"
#include "storage/layers/chaos.h"
#include "storage/layers/retry.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMachines = 3;

class Storm {
 public:
  explicit Storm(std::uint64_t seed) : random_(seed, 0), url_(StrCat("memory://storm-", seed)) {
    job_.attempt = "1";
    job_.spec.name = "test";
    job_.spec.data = job_.spec.channel = job_.spec.output = "memory:";
    job_.spec.recovery.attempts = 100;
    calm_ = OpenStore(url_, {.clock = clock_}).value();
    for (std::size_t i = 0; i < kMachines; ++i) {
      machines_[i].channel = Stormy(10 * seed + i);
      machines_[i].roster = std::make_unique<Roster>(SetupOf(i));
    }
  }

  void Step() {
    Machine& machine = machines_[random_.Below(kMachines)];
    switch (random_.Below(6)) {
      case 0: return Deliver(machine);
      case 1: return Beat(machine);
      case 2: return Check(machine);
      case 3: return Watch(machine);
      case 4: return Leave(machine);
      default: clock_.Advance(milliseconds(random_.Below(4'000)));
    }
  }

  // The channel forgets the lease; from then on two may hold it for as long as neither has beaten.
  void Lose() {
    has_lost_ = true;
    ASSERT_TRUE(Remove(*calm_, job_.LeaseKey(0)).ok());
  }

  // Of all that live, when each has beaten twice.
  std::size_t Holders() {
    for (int i = 0; i < 2; ++i) {
      for (const Machine& machine : machines_) {
        if (machine.lease) BeatForSure(*machine.lease);
      }
    }
    return static_cast<std::size_t>(std::ranges::count_if(
        machines_, [](const Machine& machine) { return machine.lease && !machine.lease->is_lost(); }));
  }

  std::size_t taken() const { return taken_.size(); }
  std::int64_t refused() const { return refused_; }

 private:
  struct Machine {
    std::unique_ptr<Store> channel;
    std::unique_ptr<Roster> roster;
    std::unique_ptr<Lease> lease;
  };

  std::unique_ptr<Store> Stormy(std::uint64_t seed) {
    auto chaos = WithChaos(OpenStore(url_, {.clock = clock_}).value(), clock_,
                           {.seed = seed, .errors = 0.2, .lost_replies = 0.3});
    return WithRetry(std::move(chaos), clock_, {.budget = milliseconds(60), .seed = seed});
  }

  RosterSetup SetupOf(std::size_t machine) {
    return {.leases = *machines_[machine].channel,
            .records = *calm_,
            .clock = clock_,
            .invocation = job_,
            .checkpoint = [this] { return Result<std::int64_t>(++head_); },
            .invoke = [this](std::span<const std::string> payloads) { return Invoke(payloads); },
            .instance = StrCat("w-", machine)};
  }

  std::vector<Result<void>> Invoke(std::span<const std::string> payloads) {
    const std::int64_t incarnation = ParseJobInvocation(payloads[0]).value().incarnation;
    EXPECT_TRUE(has_lost_ || called_.insert(incarnation).second) << "called twice: " << incarnation;
    queue_.push_back(incarnation);
    return std::vector<Result<void>>(payloads.size());
  }

  // One of the invocations, which may come again.
  void Deliver(Machine& machine) {
    if (machine.lease) return;
    const std::int64_t incarnation = queue_[random_.Below(queue_.size())];
    Result<std::unique_ptr<Lease>> lease = Lease::Take({.store = *machine.channel,
                                                        .clock = clock_,
                                                        .key = job_.LeaseKey(0),
                                                        .time = seconds(20),
                                                        .incarnation = incarnation,
                                                        .holder = StrCat("i-", ++functions_)});
    if (!lease.ok()) {
      ++refused_;
      return;
    }
    EXPECT_TRUE(taken_.insert(incarnation).second || has_lost_) << "lives twice: " << incarnation;
    machine.lease = std::move(lease).value();
    ExpectMine(*machine.lease);
  }

  void Beat(Machine& machine) {
    if (machine.lease) EndUnless(machine, machine.lease->Beat());
  }

  void Check(Machine& machine) {
    if (machine.lease) EndUnless(machine, machine.lease->Check());
  }

  static void BeatForSure(Lease& lease) {
    Result<void> beat = lease.Beat();
    while (!beat.ok() && beat.error().code == Code::kUnavailable) beat = lease.Beat();
  }

  void EndUnless(Machine& machine, const Result<void>& may_write) {
    if (may_write.ok()) return ExpectMine(*machine.lease);
    if (may_write.error().code == Code::kConflict) machine.lease = nullptr;
  }

  // Who may write is who the channel says it is.
  void ExpectMine(const Lease& lease) {
    if (has_lost_) return;
    const LeaseRecord stored = ParseLeaseRecord(Load(*calm_, job_.LeaseKey(0)).value().text()).value();
    EXPECT_EQ(stored.holder, lease.record().holder);
    EXPECT_EQ(stored.incarnation, lease.record().incarnation);
    EXPECT_EQ(stored.state, LeaseRecord::State::kHeld);
    EXPECT_FALSE(lease.has_vanished());
  }

  void Watch(Machine& machine) {
    const std::int64_t rank = 0;
    const Result<std::vector<Seen>> seen = machine.roster->Mend({&rank, 1});
    EXPECT_TRUE(seen.ok() || seen.error().code == Code::kUnavailable) << seen.error().message;
  }

  // Dies, or hands over and then dies.
  void Leave(Machine& machine) {
    if (!machine.lease || random_.Below(3) != 0) return;
    if (random_.Below(2) == 0) {
      const Result<LeaseRecord> next = machine.lease->PassOn(0, head_);
      if (next.ok()) {
        const std::string payload = ToJson(InvocationOf(job_, 0, next.value().incarnation));
        Invoke({&payload, 1});
      }
    }
    machine.lease = nullptr;
  }

  VirtualClock clock_;
  Random random_;
  std::string url_;
  JobInvocation job_;
  std::unique_ptr<Store> calm_;
  std::array<Machine, kMachines> machines_;
  std::vector<std::int64_t> queue_{1};
  std::set<std::int64_t> called_{1};
  std::set<std::int64_t> taken_;
  std::int64_t refused_ = 0;
  std::int64_t functions_ = 0;
  std::int64_t head_ = 0;
  bool has_lost_ = false;
};

TEST(CoordinationStorm, WhoMayWriteIsTheOnlyOne) {
  std::size_t taken = 0;
  std::int64_t refused = 0;
  for (std::uint64_t seed = 1; seed <= 25 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Storm storm(seed);
    for (int i = 0; i < 300; ++i) storm.Step();
    taken += storm.taken();
    refused += storm.refused();
  }
  EXPECT_GT(taken, 50U);
  EXPECT_GT(refused, 50);
}

TEST(CoordinationStorm, AfterALossOneIsLeft) {
  for (std::uint64_t seed = 1001; seed <= 1025 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Storm storm(seed);
    for (int i = 0; i < 300; ++i) {
      if (i % 40 == 39) storm.Lose();
      storm.Step();
    }
    EXPECT_LE(storm.Holders(), 1U);
  }
}

}  // namespace
}  // namespace lambdaml
