// SPDX-License-Identifier: Apache-2.0
// Several threads at once, on files.
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/temporary_folder.h"
#include "base/text.h"
#include "coordination/checkpoint.h"
#include "coordination/job_state.h"
#include "coordination/lease.h"
#include "coordination/roster.h"
#include "storage/ops.h"
#include "storage/registry.h"

namespace lambdaml {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kThreads = 4;

// Does `work` on several threads, each with its number.
void AllAtOnce(const std::function<void(int)>& work) {
  std::atomic<int> there = 0;
  std::vector<std::jthread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&work, &there, i] {
      ++there;
      while (there < kThreads) std::this_thread::yield();
      work(i);
    });
  }
}

class Races : public ::testing::Test {
 protected:
  LeaseClaim Claim(std::int64_t incarnation, int holder) {
    return {.store = *store_,
            .clock = clock_,
            .key = Key("lease/0"),
            .time = seconds(20),
            .incarnation = incarnation,
            .holder = StrCat("i-", holder)};
  }

  TemporaryFolder folder_ = TemporaryFolder::Make().value();
  SystemClock clock_;
  std::unique_ptr<Store> store_ = OpenStore("file://" + folder_.path().string(), {.clock = clock_}).value();
};

TEST_F(Races, OfSeveralDuplicatesOneLives) {
  for (std::int64_t incarnation = 1; incarnation <= 50; ++incarnation) {
    std::vector<std::unique_ptr<Lease>> leases(kThreads);
    AllAtOnce([&](int i) {
      Result<std::unique_ptr<Lease>> lease = Lease::Take(Claim(incarnation, i));
      EXPECT_TRUE(lease.ok() || lease.error().code == Code::kConflict) << lease.error().message;
      if (lease.ok()) leases[static_cast<std::size_t>(i)] = std::move(lease).value();
    });
    std::erase(leases, nullptr);
    ASSERT_EQ(leases.size(), 1U) << incarnation;
    ASSERT_TRUE(leases[0]->PassOn(0, 0).ok());
  }
}

TEST_F(Races, OfSeveralWatchersOneInvokes) {
  JobInvocation job;
  job.attempt = "1";
  job.spec.name = "test";
  std::atomic<int> invoked = 0;
  const RosterSetup setup{.leases = *store_,
                          .records = *store_,
                          .clock = clock_,
                          .invocation = job,
                          .checkpoint = [] { return Result<std::int64_t>(0); },
                          .invoke =
                              [&invoked](std::span<const std::string> payloads) {
                                ++invoked;
                                return std::vector<Result<void>>(payloads.size());
                              },
                          .instance = {}};
  job.spec.recovery.attempts = 100;
  std::vector<std::unique_ptr<Roster>> rosters;
  for (int i = 0; i < kThreads; ++i) {
    RosterSetup own = setup;
    own.instance = StrCat("i-", i);
    rosters.push_back(std::make_unique<Roster>(own));
  }
  for (int n = 1; n <= 50; ++n) {
    const std::int64_t rank = 0;
    const Seen seen = rosters[0]->Look({&rank, 1}).value().front();
    AllAtOnce([&](int i) { EXPECT_TRUE(rosters[static_cast<std::size_t>(i)]->Replace(seen, "gone").ok()); });
    ASSERT_EQ(invoked, n);
  }
  EXPECT_EQ(FailuresOf(*store_, job).value().size(), 50U);
}

TEST_F(Races, EveryCheckpointAndEveryRestartIsDecidedOnce) {
  std::vector<int> committed(51);
  std::vector<int> declared(11);
  std::mutex mutex;
  AllAtOnce([&](int i) {
    Checkpoints checkpoints(*store_, Key("checkpoint"));
    const std::string self = StrCat("i-", i);
    for (std::int64_t number = 1; number <= 50; ++number) {
      const std::int64_t restart = (number - 1) / 5;
      const Result<bool> mine =
          checkpoints.Commit({.number = number, .restart = restart, .ranks = 1, .committed_by = self});
      ASSERT_TRUE(mine.ok() || mine.error().code == Code::kConflict) << mine.error().message;
      const bool is_last = number % 5 == 0;
      const Result<JobHead> head = is_last ? checkpoints.DeclareRestart(restart, self, "test") : checkpoints.Head();
      ASSERT_TRUE(head.ok()) << head.error().message;
      EXPECT_GE(head.value().restart, is_last ? restart + 1 : restart);
      const std::lock_guard lock(mutex);
      if (mine.ok() && mine.value()) ++committed[static_cast<std::size_t>(number)];
      if (is_last && head.value().by == self && head.value().restart == restart + 1) {
        ++declared[static_cast<std::size_t>(restart + 1)];
      }
    }
  });
  for (std::size_t number = 1; number <= 50; ++number) EXPECT_EQ(committed[number], 1) << number;
  for (std::size_t restart = 1; restart <= 10; ++restart) EXPECT_EQ(declared[restart], 1) << restart;
}

TEST_F(Races, ALeaseIsKeptWhileOthersUseIt) {
  const std::unique_ptr<Background> background = MakeBackground(1);
  LeaseClaim claim = Claim(1, 0);
  claim.time = milliseconds(20);
  const std::unique_ptr<Lease> lease = Lease::Take(claim).value();
  {
    const LeaseKeeper keeper(*lease, clock_, claim.time, *background);
    AllAtOnce([&lease](int i) {
      for (int n = 0; n < 50; ++n) {
        lease->Tell(n, i % 2 == 0);
        EXPECT_TRUE(lease->Check().ok());
        EXPECT_TRUE(lease->Beat().ok());
        EXPECT_EQ(lease->record().incarnation, 1);
      }
    });
    const std::int64_t beats = lease->record().beats;
    while (lease->record().beats < beats + 3) std::this_thread::yield();
    EXPECT_TRUE(lease->PassOn(0, 1).ok());
  }
  EXPECT_FALSE(lease->has_vanished());
  EXPECT_EQ(ParseLeaseRecord(Load(*store_, claim.key).value().text()).value().incarnation, 2);
}

TEST_F(Races, AKeeperEndsWhenTheLeaseIsLost) {
  const std::unique_ptr<Background> background = MakeBackground(1);
  LeaseClaim claim = Claim(1, 0);
  claim.time = milliseconds(20);
  const std::unique_ptr<Lease> lease = Lease::Take(claim).value();
  const LeaseKeeper keeper(*lease, clock_, claim.time, *background);
  const LeaseRecord next{.incarnation = 2, .holder = "i-1"};
  ASSERT_TRUE(Save(*store_, claim.key, AsBytes(ToJson(next))).ok());
  background->Finish();
  EXPECT_TRUE(lease->is_lost());
}

}  // namespace
}  // namespace lambdaml
