// SPDX-License-Identifier: Apache-2.0
#include "storage/file/watcher.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/temporary_folder.h"

namespace lambdaml::file {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class WatcherTest : public ::testing::Test {
 protected:
  WatcherTest() { watcher_.Begin(); }

  Clock::Time Later() const { return clock_.Now() + hours(1); }
  void Rename(const std::string& from, const std::string& to) const {
    ASSERT_EQ(std::rename((root_ / from).c_str(), (root_ / to).c_str()), 0) << from << " to " << to;
  }
  void Create(const std::string& name) const { std::ofstream(root_ / name) << name; }

  SystemClock clock_;
  TemporaryFolder folder_ = TemporaryFolder::Make().value();
  std::filesystem::path root_ = folder_.path();
  std::vector<std::string> watched_{(root_ / "in").native()};
  Watcher watcher_{clock_};
};

TEST_F(WatcherTest, IsUnsureOfANewWatchAndThenNamesWhatAppears) {
  EXPECT_TRUE(watcher_.Next(watched_, Later()).unsure);
  EXPECT_TRUE(std::filesystem::is_directory(watched_[0]));
  Create("x");
  Rename("x", "in/y");
  const Changes changes = watcher_.Next(watched_, Later());
  EXPECT_FALSE(changes.unsure);
  ASSERT_EQ(changes.names.size(), 1U);
  EXPECT_EQ(changes.names[0], "y");
}

TEST_F(WatcherTest, IsUnsureAfterASilence) {
  watcher_.Next(watched_, Later());
  EXPECT_TRUE(watcher_.Next(watched_, clock_.Now() + milliseconds(1)).unsure);
}

TEST_F(WatcherTest, FollowsAFolderThatIsMadeAgain) {
  watcher_.Next(watched_, Later());
  std::filesystem::remove(watched_[0]);
  EXPECT_TRUE(watcher_.Next(watched_, Later()).unsure);  // the watch is gone
  EXPECT_TRUE(watcher_.Next(watched_, Later()).unsure);  // a new one is there
  Create("in/x");
  const Changes changes = watcher_.Next(watched_, Later());
  ASSERT_EQ(changes.names.size(), 1U);
  EXPECT_EQ(changes.names[0], "x");
}

TEST_F(WatcherTest, FollowsAFolderWhenAnotherTakesItsName) {
  watcher_.Next(watched_, Later());
  Rename("in", "away");
  std::filesystem::create_directory(watched_[0]);
  EXPECT_TRUE(watcher_.Next(watched_, Later()).unsure);
  EXPECT_TRUE(watcher_.Next(watched_, Later()).unsure);
  Create("away/x");
  Create("in/y");
  Changes changes = watcher_.Next(watched_, Later());
  while (changes.names.empty()) changes = watcher_.Next(watched_, Later());
  ASSERT_EQ(changes.names.size(), 1U);
  EXPECT_EQ(changes.names[0], "y");
}

TEST_F(WatcherTest, IsUnsureWhenEventsWereLost) {
  int queue = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> queue;
  if (queue < 1 || queue > 200'000) GTEST_SKIP() << "the queue of inotify takes too long to fill here";
  watcher_.Next(watched_, Later());
  Create("in/a");
  for (int i = 0; i <= queue; i += 2) {
    Rename("in/a", "in/b");
    Rename("in/b", "in/a");
  }
  bool unsure = false;
  for (int i = 0; i <= queue && !unsure; ++i) unsure = watcher_.Next(watched_, Later()).unsure;
  EXPECT_TRUE(unsure);
}

TEST_F(WatcherTest, PausesWhereAFolderCannotBeWatched) {
  const std::vector<std::string> impossible{"/proc/none/such"};
  const Clock::Time begin = clock_.Now();
  EXPECT_TRUE(watcher_.Next(impossible, Later()).unsure);
  EXPECT_GE(clock_.Now() - begin, milliseconds(1));
  EXPECT_LT(clock_.Now() - begin, hours(1));
}

TEST_F(WatcherTest, PausesWhenTheProcessHasNoDescriptorsLeft) {
  rlimit usual{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &usual), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = usual.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_TRUE(watcher_.Next(watched_, Later()).unsure);
  EXPECT_TRUE(watcher_.Next(watched_, Later()).unsure);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &usual), 0);
  Create("x");
  EXPECT_TRUE(watcher_.Next(watched_, Later()).unsure);
  Rename("x", "in/x");
  EXPECT_EQ(watcher_.Next(watched_, Later()).names.size(), 1U);
}

TEST_F(WatcherTest, WatchesManyFoldersAndForgetsThemLater) {
  std::vector<std::string> folders;
  for (int i = 0; i < 100; ++i) folders.push_back((root_ / "many" / std::to_string(i)).native());
  EXPECT_TRUE(watcher_.Next(folders, Later()).unsure);
  Create("many/99/x");
  EXPECT_EQ(watcher_.Next(folders, Later()).names.size(), 1U);
  watcher_.Begin();
  EXPECT_TRUE(watcher_.Next(watched_, Later()).unsure);
  Create("many/99/y");
  Create("in/z");
  const Changes changes = watcher_.Next(watched_, Later());
  ASSERT_EQ(changes.names.size(), 1U);
  EXPECT_EQ(changes.names[0], "z");
}

}  // namespace
}  // namespace lambdaml::file
