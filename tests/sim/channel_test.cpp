// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/channel.h"

#include <gtest/gtest.h>

#include <set>

#include "storage/layers/poll.h"
#include "storage/layers/retry.h"
#include "storage/ops.h"

namespace lambdaml::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Key kKey("a/b");

// A channel and two processes that use it.
class World {
 public:
  explicit World(const ChannelOptions& options)
      : scheduler_(options.seed), channel_(scheduler_, options), clock_(one_), other_clock_(other_) {}

  using Work = std::function<void(Store& store, Clock& clock)>;

  Result<void> Run(const Work& first, const Work& second = {}) {
    const std::unique_ptr<Store> store = channel_.Open(one_);
    const std::unique_ptr<Store> other_store = channel_.Open(other_);
    scheduler_.Start("one", [&] { first(*store, clock_); });
    if (second) scheduler_.Start("other", [&] { second(*other_store, other_clock_); });
    return scheduler_.Run();
  }

  Scheduler& scheduler() { return scheduler_; }
  Channel& channel() { return channel_; }
  Process& one() { return one_; }

 private:
  Scheduler scheduler_;
  Channel channel_;
  Process one_{scheduler_, "one"};
  Process other_{scheduler_, "other"};
  SimClock clock_;
  SimClock other_clock_;
};

std::string TextOf(Store& store, const Key& key) {
  const Result<Values> values = store.Get({&key, 1});
  if (!values.ok()) return values.error().message;
  return values.value()[0] ? std::string(values.value()[0]->text()) : "absent";
}

TEST(SimStore, KeepsWhatIsPutAndLosesWhatIsDeleted) {
  World world({.seed = 1});
  const auto work = [&](Store& store, Clock& clock) {
    const Clock::Time begin = clock.Now();
    EXPECT_EQ(TextOf(store, kKey), "absent");
    EXPECT_TRUE(Save(store, kKey, AsBytes("value")).ok());
    EXPECT_EQ(TextOf(store, kKey), "value");
    EXPECT_EQ(store.List(Key("a/")).value().size(), 1U);
    EXPECT_EQ(world.channel().ObjectsOf(world.one()), 1U);
    EXPECT_TRUE(store.Delete({&kKey, 1}).ok());
    EXPECT_EQ(TextOf(store, kKey), "absent");
    EXPECT_EQ(world.channel().ObjectsOf(world.one()), 0U);
    EXPECT_GE(clock.Now() - begin, 6 * milliseconds(1));
    EXPECT_LE(clock.Now() - begin, 6 * milliseconds(10));
  };
  EXPECT_TRUE(world.Run(work).ok());
}

TEST(SimStore, APutTakesEffectAtSomeMomentBeforeItReturns) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world({.seed = seed, .latency_min = milliseconds(10)});
    const auto write = [&](Store& store, Clock&) { EXPECT_TRUE(Save(store, kKey, AsBytes("value")).ok()); };
    const auto read = [&](Store& store, Clock& clock) {
      seen.insert(TextOf(store, kKey));
      clock.SleepUntil(clock.Now() + milliseconds(10));
      EXPECT_EQ(TextOf(store, kKey), "value");
    };
    EXPECT_TRUE(world.Run(write, read).ok());
  }
  EXPECT_EQ(seen, (std::set<std::string>{"absent", "value"}));
}

TEST(SimStore, WaitBlocksUntilAKeyIsThereOrItsDeadline) {
  World world({.seed = 1});
  const auto write = [&](Store& store, Clock& clock) {
    clock.SleepUntil(clock.Now() + seconds(5));
    EXPECT_TRUE(Save(store, kKey, AsBytes("value")).ok());
  };
  const auto wait = [&](Store& store, Clock& clock) {
    EXPECT_FALSE(store.Wait({&kKey, 1}, {.deadline = clock.Now() + seconds(1)}).value()[0]);
    EXPECT_LE(clock.Now() - Scheduler::kStart, seconds(2));
    EXPECT_TRUE(store.Wait({&kKey, 1}, {.deadline = clock.Now() + seconds(60)}).value()[0]);
    EXPECT_LE(clock.Now() - Scheduler::kStart, seconds(6));
  };
  EXPECT_TRUE(world.Run(write, wait).ok());
}

TEST(SimStore, WaitSeesThatItIsCancelled) {
  World world({.seed = 1});
  std::atomic<bool> cancelled = false;
  world.scheduler().At(Scheduler::kStart + seconds(3), [&] { cancelled = true; });
  const auto wait = [&](Store& store, Clock& clock) {
    EXPECT_FALSE(store.Wait({&kKey, 1}, {.deadline = Clock::Time::max(), .cancelled = &cancelled}).value()[0]);
    EXPECT_GE(clock.Now() - Scheduler::kStart, seconds(3));
    EXPECT_LE(clock.Now() - Scheduler::kStart, seconds(3) + milliseconds(200));
  };
  EXPECT_TRUE(world.Run(wait).ok());
}

TEST(SimStore, WithTheRealLayersEveryCallSucceedsInTheEnd) {
  lambdaml::Limits limits{.value_bytes_max = UINT64_MAX, .batch_items_max = SIZE_MAX};
  limits.poll_pause_min = milliseconds(5);
  limits.poll_pause_max = milliseconds(50);
  World world({.seed = 1, .limits = limits, .errors = 0.2, .lost_replies = 0.2});
  SimClock clock(world.one());
  const auto work = [&](Store&, Clock&) {
    auto polling = WithPolling(world.channel().Open(world.one()), clock, nullptr);
    const auto store = WithRetry(std::move(polling), clock, {});
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(Save(*store, kKey, AsBytes("value")).ok());
      EXPECT_TRUE(store->Wait({&kKey, 1}, {.deadline = clock.Now() + seconds(60)}).value()[0]);
      EXPECT_TRUE(store->Delete({&kKey, 1}).ok());
    }
  };
  EXPECT_TRUE(world.Run(work).ok());
  EXPECT_GT(world.channel().faults().errors, 20U);
  EXPECT_GT(world.channel().faults().lost_replies, 20U);
}

TEST(SimStore, AFailedPutWritesNothingOrSomeItemsAndOneWhoseAnswerIsLostAll) {
  std::set<std::size_t> written;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World failing({.seed = seed, .errors = 1});
    const std::vector<PutItem> items{{.key = Key("a"), .value = AsBytes("1")},
                                     {.key = Key("b"), .value = AsBytes("2")}};
    EXPECT_TRUE(failing
                    .Run([&](Store& store, Clock&) {
                      EXPECT_EQ(store.Put(items).error().code, Code::kUnavailable);
                      written.insert(failing.channel().ObjectsOf(failing.one()));
                    })
                    .ok());
    World deaf({.seed = seed, .lost_replies = 1});
    EXPECT_TRUE(deaf.Run([&](Store& store, Clock&) {
                      EXPECT_EQ(store.Put(items).error().code, Code::kUnavailable);
                      EXPECT_EQ(deaf.channel().ObjectsOf(deaf.one()), 2U);
                    })
                    .ok());
  }
  EXPECT_EQ(written, (std::set<std::size_t>{0, 1, 2}));
}

TEST(SimStore, APutMayComeOnceMoreAfterItsValueWasDeleted) {
  World world({.seed = 1, .repeats = 1});
  const auto work = [&](Store& store, Clock& clock) {
    EXPECT_TRUE(Save(store, kKey, AsBytes("value")).ok());
    EXPECT_EQ(TextOf(store, kKey), "value");
    EXPECT_TRUE(store.Delete({&kKey, 1}).ok());
    clock.SleepUntil(clock.Now() + seconds(60));
  };
  EXPECT_TRUE(world.Run(work).ok());
  EXPECT_EQ(world.channel().faults().repeats, 2U);
  EXPECT_EQ(world.channel().ObjectsOf(world.one()), 0U);  // whether it is there or was deleted once more
}

TEST(SimStore, ConditionsAreDecidedWhereTheValueIs) {
  World world({.seed = 1});
  const auto put = [](Store& store, std::string_view value, Condition condition, std::string_view expected) {
    const PutItem item{.key = kKey, .value = AsBytes(value), .condition = condition, .expected = AsBytes(expected)};
    return store.Put({&item, 1});
  };
  const auto work = [&](Store& store, Clock&) {
    EXPECT_TRUE(put(store, "1", Condition::kIfAbsent, "").ok());
    EXPECT_EQ(put(store, "2", Condition::kIfAbsent, "").error().code, Code::kConflict);
    EXPECT_EQ(put(store, "2", Condition::kIfEquals, "3").error().code, Code::kConflict);
    EXPECT_EQ(TextOf(store, kKey), "1");
    EXPECT_TRUE(put(store, "2", Condition::kIfEquals, "1").ok());
    EXPECT_EQ(TextOf(store, kKey), "2");
  };
  EXPECT_TRUE(world.Run(work).ok());
}

TEST(SimStore, AStaleReadShowsWhatWasThereBeforeAndOnlyForAWhile) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world({.seed = seed, .stale_max = seconds(1), .stale_reads = 0.5});
    const auto work = [&](Store& store, Clock& clock) {
      EXPECT_TRUE(Save(store, kKey, AsBytes("old")).ok());
      clock.SleepUntil(clock.Now() + seconds(2));
      EXPECT_TRUE(Save(store, kKey, AsBytes("new")).ok());
      seen.insert(TextOf(store, kKey));
      clock.SleepUntil(clock.Now() + seconds(2));
      EXPECT_EQ(TextOf(store, kKey), "new");
    };
    EXPECT_TRUE(world.Run(work).ok());
  }
  EXPECT_EQ(seen, (std::set<std::string>{"new", "old"}));
}

TEST(SimStore, WhatAKilledProcessHadUnderWayIsDoneOrNotAndNothingAfterwards) {
  std::set<std::size_t> written;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world({.seed = seed, .latency_min = seconds(2), .latency_max = seconds(2)});
    world.scheduler().At(Scheduler::kStart + milliseconds(1), [&] { world.one().Kill(); });
    const auto work = [&](Store& store, Clock&) {
      EXPECT_EQ(Save(store, kKey, AsBytes("value")).error().code, Code::kInternal);
      EXPECT_EQ(Save(store, Key("later"), AsBytes("value")).error().code, Code::kInternal);
      EXPECT_EQ(world.scheduler().now(), Scheduler::kStart + milliseconds(1));
    };
    EXPECT_TRUE(world.Run(work).ok());
    written.insert(world.channel().ObjectsOf(world.one()));
  }
  EXPECT_EQ(written, (std::set<std::size_t>{0, 1}));
}

}  // namespace
}  // namespace lambdaml::sim
