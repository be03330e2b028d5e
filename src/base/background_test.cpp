// SPDX-License-Identifier: Apache-2.0
#include "base/background.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <vector>

namespace lambdaml {
namespace {

TEST(Background, FinishWaitsForEveryTask) {
  const auto background = MakeBackground(3);
  std::atomic<int> done = 0;
  for (int i = 0; i < 100; ++i) background->Start([&done] { ++done; });
  background->Finish();
  EXPECT_EQ(done, 100);
}

TEST(Background, OneThreadKeepsTheOrder) {
  const auto background = MakeBackground(1);
  std::vector<int> order;
  for (int i = 0; i < 50; ++i) background->Start([&order, i] { order.push_back(i); });
  background->Finish();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(Background, RunsAsManyTasksAtOnceAsItHasThreads) {
  const auto background = MakeBackground(4);
  std::barrier meeting(4);
  for (int i = 0; i < 4; ++i) background->Start([&meeting] { meeting.arrive_and_wait(); });
  background->Finish();
}

TEST(Background, ATaskMayStartOthers) {
  const auto background = MakeBackground(1);
  int done = 0;
  background->Start([&] { background->Start([&done] { ++done; }); });
  background->Finish();
  EXPECT_EQ(done, 1);
}

TEST(Background, TheDestructorFinishes) {
  std::atomic<int> done = 0;
  {
    const auto background = MakeBackground(2);
    for (int i = 0; i < 20; ++i) background->Start([&done] { ++done; });
  }
  EXPECT_EQ(done, 20);
}

}  // namespace
}  // namespace lambdaml
