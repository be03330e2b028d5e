// SPDX-License-Identifier: Apache-2.0
#include "platform/local/leased_folder.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <optional>

namespace lambdaml::local {
namespace {

namespace fs = std::filesystem;

class LeasedFolderTest : public ::testing::Test {
 protected:
  const fs::path& root() const { return root_.path(); }

  std::size_t Folders() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(root()), fs::directory_iterator()));
  }

  // Makes a folder with a file in it, as another process that is killed before it can remove it.
  void MakeInAKilledProcess() {
    const pid_t child = fork();
    if (child == 0) {
      const auto folder = LeasedFolder::Make(root());
      if (folder.ok()) std::ofstream(folder.value().path() / "left.txt") << "left";
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
  }

  TemporaryFolder root_ = TemporaryFolder::Make().value();
};

TEST_F(LeasedFolderTest, IsRemovedWithItsOwner) {
  {
    const auto folder = LeasedFolder::Make(root());
    ASSERT_TRUE(folder.ok()) << folder.error().message;
    EXPECT_TRUE(fs::is_directory(folder.value().path()));
  }
  EXPECT_EQ(Folders(), 0U);
}

TEST_F(LeasedFolderTest, FolderOfADeadProcessIsSweptByTheNext) {
  MakeInAKilledProcess();
  EXPECT_EQ(Folders(), 1U);
  const auto folder = LeasedFolder::Make(root());
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  EXPECT_EQ(Folders(), 1U);
  EXPECT_TRUE(fs::exists(folder.value().path()));
}

TEST_F(LeasedFolderTest, FolderOfALiveOwnerStays) {
  const auto one = LeasedFolder::Make(root());
  const auto two = LeasedFolder::Make(root());
  MakeInAKilledProcess();
  const auto three = LeasedFolder::Make(root());
  ASSERT_TRUE(one.ok() && two.ok() && three.ok());
  EXPECT_TRUE(fs::exists(one.value().path()));
  EXPECT_TRUE(fs::exists(two.value().path()));
  EXPECT_EQ(Folders(), 3U);
}

TEST_F(LeasedFolderTest, WhatIsNoLeasedFolderStays) {
  fs::create_directory(root() / "lambdaml-notes");
  fs::create_directory_symlink(root() / "lambdaml-notes", root() / "lambdaml-link");
  std::ofstream(root() / "lambdaml-file") << "text";
  ASSERT_TRUE(LeasedFolder::Make(root()).ok());
  EXPECT_EQ(Folders(), 3U);
}

TEST_F(LeasedFolderTest, ParentThatCannotBeUsedIsSaid) {
  const auto folder = LeasedFolder::Make(root() / "none");
  ASSERT_FALSE(folder.ok());
  EXPECT_NE(folder.error().message.find("none"), std::string::npos) << folder.error().message;
}

}  // namespace
}  // namespace lambdaml::local
