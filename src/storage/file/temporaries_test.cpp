// SPDX-License-Identifier: Apache-2.0
#include "storage/file/temporaries.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "base/temporary_folder.h"
#include "storage/file/value_file.h"

namespace lambdaml::file {
namespace {

class TemporariesTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return (folder_.path() / name).native(); }

  void Put(const std::string& name, std::string_view text) {
    auto temporary = temporaries_.Write(AsBytes(text));
    ASSERT_TRUE(temporary.ok());
    ASSERT_TRUE(std::move(temporary).value().Commit(Path(name), Condition::kAlways).ok());
  }
  std::string Text(const std::string& name) const {
    const auto value = ReadValue(Path(name)).value();
    return value ? std::string(value->text()) : "(absent)";
  }
  ino_t Number(const std::string& name) const {
    struct stat status {};
    return stat(Path(name).c_str(), &status) == 0 ? status.st_ino : 0;
  }
  bool LeasesWork() const {
    const FileDescriptor file(open(Path("probe").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
    fcntl(file.get(), F_SETSIG, SIGURG);
    return fcntl(file.get(), F_SETLEASE, F_WRLCK) == 0;
  }

  TemporaryFolder folder_ = TemporaryFolder::Make().value();
  Temporaries temporaries_{Path("%tmp")};
};

TEST_F(TemporariesTest, AnotherStoreOfTheFolderDoesNotGetInTheWay) {
  std::vector<Temporary> held;
  for (int i = 0; i < 200; ++i) held.push_back(temporaries_.Write(AsBytes("held")).value());
  Temporaries other(Path("%tmp"));
  auto temporary = other.Write(AsBytes("value"));
  ASSERT_TRUE(temporary.ok()) << temporary.error().message;
  ASSERT_TRUE(std::move(temporary).value().Commit(Path("a"), Condition::kAlways).ok());
  EXPECT_EQ(Text("a"), "value");
}

TEST_F(TemporariesTest, TheFileOfADeletedValueIsWrittenAgain) {
  if (!LeasesWork()) GTEST_SKIP() << "this file system grants no leases";
  Put("a", "a long value");
  const ino_t number = Number("a");
  EXPECT_TRUE(temporaries_.Delete(Path("a")).value());
  Put("b", "short");
  EXPECT_EQ(Number("b"), number);
  EXPECT_EQ(Text("b"), "short");
  EXPECT_TRUE(temporaries_.Delete(Path("b")).value());
  Put("c", "");
  EXPECT_EQ(Number("c"), number);
  EXPECT_EQ(Text("c"), "");
}

TEST_F(TemporariesTest, AFileThatSomebodyReadsIsLeftAlone) {
  Put("a", "old");
  const FileDescriptor reader(open(Path("a").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(temporaries_.Delete(Path("a")).value());
  Put("b", "new");
  EXPECT_EQ(Text("b"), "new");
  char text[4] = {};
  EXPECT_EQ(read(reader.get(), &text[0], 3), 3);
  EXPECT_STREQ(&text[0], "old");
}

TEST_F(TemporariesTest, AFileThatHasAnotherNameIsLeftAlone) {
  Put("a", "old");
  ASSERT_EQ(link(Path("a").c_str(), Path("copy").c_str()), 0);
  EXPECT_TRUE(temporaries_.Delete(Path("a")).value());
  Put("b", "new");
  EXPECT_EQ(Text("copy"), "old");
}

TEST_F(TemporariesTest, OnlyValuesAreDeleted) {
  ASSERT_EQ(MakeFolders(Path("folder/inner")), 0);
  EXPECT_FALSE(temporaries_.Delete(Path("folder")).value());
  EXPECT_FALSE(temporaries_.Delete(Path("none")).value());
  EXPECT_NE(Number("folder/inner"), 0U);
}

TEST_F(TemporariesTest, WhatIsNotCommittedIsRemoved) {
  { const auto temporary = temporaries_.Write(AsBytes("x")); }
  EXPECT_EQ(rmdir(Path("%tmp").c_str()), 0);
}

}  // namespace
}  // namespace lambdaml::file
