// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scheduler.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/text.h"
#include "tests/sim/process.h"

namespace lambdaml::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// What three actors write down, each between two of its steps.
std::string Written(std::uint64_t seed, std::uint64_t& fingerprint) {
  Scheduler scheduler(seed);
  std::string written;
  for (const char name : {'a', 'b', 'c'}) {
    scheduler.Start(std::string(1, name), [&scheduler, &written, name] {
      for (int step = 0; step < 8; ++step) {
        written += name;
        scheduler.Yield("step");
      }
    });
  }
  EXPECT_TRUE(scheduler.Run().ok());
  fingerprint = scheduler.fingerprint();
  return written;
}

TEST(Scheduler, RunsTheSameWayForTheSameSeedAndOthersForOthers) {
  std::set<std::string> orders;
  std::set<std::uint64_t> fingerprints;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::uint64_t one = 0;
    std::uint64_t other = 0;
    const std::string order = Written(seed, one);
    EXPECT_EQ(order, Written(seed, other));
    EXPECT_EQ(one, other);
    EXPECT_EQ(order.size(), 24U);
    orders.insert(order);
    fingerprints.insert(one);
  }
  EXPECT_GT(orders.size(), 195U);
  EXPECT_EQ(fingerprints.size(), orders.size());
}

TEST(Scheduler, TimePassesOnlyWhenNobodyCanRun) {
  Scheduler scheduler(1);
  std::vector<std::string> events;
  scheduler.Start("sleeper", [&] {
    scheduler.SleepUntil(Scheduler::kStart + minutes(30), "sleep");
    events.push_back("woke up");
  });
  scheduler.Start("worker", [&] {
    for (int i = 0; i < 100; ++i) scheduler.Yield("work");
    EXPECT_EQ(scheduler.now(), Scheduler::kStart);
    events.push_back("worked");
  });
  EXPECT_TRUE(scheduler.Run().ok());
  EXPECT_EQ(events, (std::vector<std::string>{"worked", "woke up"}));
  EXPECT_EQ(scheduler.now(), Scheduler::kStart + minutes(30));
}

TEST(Scheduler, ABlockEndsWhenSomebodyWakesItOrAtItsDeadline) {
  Scheduler scheduler(1);
  std::vector<Clock::Duration> woke;
  const Actor blocked = scheduler.Start("blocked", [&] {
    for (int i = 0; i < 2; ++i) {
      scheduler.Block(Scheduler::kStart + seconds(5), "wait");
      woke.push_back(scheduler.now() - Scheduler::kStart);
    }
  });
  scheduler.Start("waker", [&] {
    scheduler.SleepUntil(Scheduler::kStart + seconds(2), "sleep");
    scheduler.Wake(blocked);
  });
  EXPECT_TRUE(scheduler.Run().ok());
  EXPECT_EQ(woke, (std::vector<Clock::Duration>{seconds(2), seconds(5)}));
}

TEST(Scheduler, EventsHappenAtTheirTimeEvenWhenAllHaveEnded) {
  Scheduler scheduler(1);
  std::string events;
  scheduler.Start("first", [&] {
    scheduler.At(scheduler.now() + seconds(3), [&] {
      events += "event ";
      scheduler.Start("second", [&] { events += StrCat("second at ", Seconds(scheduler.now() - Scheduler::kStart)); });
    });
    events += "first ";
  });
  EXPECT_TRUE(scheduler.Run().ok());
  EXPECT_EQ(events, "first event second at 3");
}

TEST(Scheduler, NamesWhoWaitsForWhatInADeadlock) {
  Scheduler scheduler(1);
  for (const char* name : {"left fork", "right fork"}) {
    scheduler.Start(StrCat("holder of the ", name), [&scheduler, name] {
      while (!scheduler.failed()) scheduler.Block(Clock::Time::max(), StrCat("wait for the other than the ", name));
    });
  }
  const Result<void> result = scheduler.Run();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message,
            "deadlock: not ended: holder of the left fork (wait for the other than the left fork), "
            "holder of the right fork (wait for the other than the right fork)");
}

TEST(Scheduler, EndsARunThatWouldNotEnd) {
  Scheduler sleeping(1, {.time = seconds(10)});
  sleeping.Start("sleeper", [&] {
    while (!sleeping.failed()) sleeping.SleepUntil(sleeping.now() + seconds(1), "sleep");
  });
  EXPECT_EQ(sleeping.Run().error().message, "no end after 10.0 s of virtual time; not ended: sleeper (sleep)");

  Scheduler busy(1, {.steps = 1000});
  busy.Start("worker", [&] {
    while (!busy.failed()) busy.Yield("work");
  });
  EXPECT_EQ(busy.Run().error().message, "no end after 1000 steps; not ended: worker (work)");
}

TEST(Scheduler, KeepsTheFirstFailureAndTheStepsBeforeIt) {
  Scheduler scheduler(1);
  scheduler.Start("actor", [&] {
    scheduler.Yield("before");
    scheduler.Fail("the first");
    scheduler.Yield("after");
    scheduler.Fail("the second");
  });
  EXPECT_EQ(scheduler.Run().error().message, "the first");
  EXPECT_EQ(scheduler.LastSteps(), std::vector<std::string>{"0.000000 s  actor: before"});
}

TEST(SchedulerDeathTest, EndsTheProgramWhenTheCodeMakesThreadsOfItsOwn) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [] {
    Scheduler scheduler(1);
    scheduler.Start("actor", [&scheduler] { std::jthread([&scheduler] { scheduler.Yield("take a step"); }).join(); });
    static_cast<void>(scheduler.Run());
  };
  EXPECT_DEATH(run(), "a thread that is no actor is about to take a step");
}

TEST(SimBackground, RunsNoMoreTasksAtOnceThanItHasThreads) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Scheduler scheduler(seed);
    Process process(scheduler, "process");
    std::vector<int> begun;
    int running = 0;
    int running_max = 0;
    scheduler.Start("owner", [&] {
      SimClock clock(process);
      SimBackground background(process, 3);
      for (int task = 0; task < 10; ++task) {
        background.Start([&, task] {
          begun.push_back(task);
          running_max = std::max(running_max, ++running);
          clock.SleepUntil(clock.Now() + milliseconds(5));
          --running;
        });
      }
      background.Finish();
      EXPECT_EQ(begun.size(), 10U);
      EXPECT_EQ(running, 0);
    });
    ASSERT_TRUE(scheduler.Run().ok());
    EXPECT_EQ(running_max, 3);
  }
}

TEST(Process, StandsStillAndGoesOnLate) {
  Scheduler scheduler(1);
  Process process(scheduler, "process");
  SimClock clock(process);
  process.AtPoint(1, [&] { process.PauseUntil(scheduler.now() + seconds(30)); });
  std::vector<Clock::Duration> woke;
  scheduler.Start("actor", [&] {
    for (int i = 0; i < 3; ++i) {
      clock.SleepUntil(clock.Now() + seconds(1));
      woke.push_back(clock.Now() - Scheduler::kStart);
    }
  });
  EXPECT_TRUE(scheduler.Run().ok());
  EXPECT_EQ(woke, (std::vector<Clock::Duration>{seconds(1), seconds(31), seconds(32)}));
}

TEST(Process, SleepsNoMoreOnceItIsKilled) {
  Scheduler scheduler(1);
  Process process(scheduler, "process");
  SimClock clock(process);
  Clock::Time ended{};
  scheduler.At(Scheduler::kStart + seconds(1), [&] { process.Kill(); });
  scheduler.Start("actor", [&] {
    for (int i = 0; i < 10; ++i) clock.SleepUntil(clock.Now() + seconds(60));
    EXPECT_GE(clock.Now(), Scheduler::kStart + seconds(600));
    ended = scheduler.now();
  });
  EXPECT_TRUE(scheduler.Run().ok());
  EXPECT_EQ(ended, Scheduler::kStart + seconds(1));
}

}  // namespace
}  // namespace lambdaml::sim
