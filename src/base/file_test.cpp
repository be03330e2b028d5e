// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <thread>

#include "base/temporary_folder.h"

namespace lambdaml {
namespace {

class FileTest : public ::testing::Test {
 protected:
  std::size_t FileCount() const {
    const std::filesystem::directory_iterator files(root_);
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }

  TemporaryFolder folder_ = TemporaryFolder::Make().value();
  std::filesystem::path root_ = folder_.path();
};

TEST_F(FileTest, ComesBackAsWritten) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, kMapBytesMin - 1, kMapBytesMin, kMapBytesMin + 1}) {
    Bytes content(size);
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<std::byte>(i * 37 & 0xFFU);
    for (const Durability durability : {Durability::kProcess, Durability::kPowerLoss}) {
      ASSERT_TRUE(WriteFileAtomically(root_ / "new/folders/file", content, durability).ok());
      const auto read = ReadFile(root_ / "new/folders/file");
      ASSERT_TRUE(read.ok()) << read.error().message;
      EXPECT_TRUE(std::ranges::equal(read.value().span(), content)) << size;
    }
  }
}

TEST_F(FileTest, ReplacingLeavesWhatWasReadAlone) {
  for (const std::size_t size : {std::size_t{10}, 2 * kMapBytesMin}) {
    ASSERT_TRUE(WriteFileAtomically(root_ / "file", Bytes(size, std::byte{1}), Durability::kProcess).ok());
    const Blob old = ReadFile(root_ / "file").value();
    ASSERT_TRUE(WriteFileAtomically(root_ / "file", Bytes(3, std::byte{2}), Durability::kProcess).ok());
    std::filesystem::remove(root_ / "file");
    EXPECT_TRUE(std::ranges::equal(old.span(), Bytes(size, std::byte{1})));
  }
}

TEST_F(FileTest, ErrorsNameTheFileAndTheNextStep) {
  const auto absent = ReadFile(root_ / "none");
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, Code::kNotFound);
  EXPECT_EQ(absent.error().message, "cannot open " + (root_ / "none").native() + ": No such file or directory");
  EXPECT_EQ(ReadFile(root_).error().code, Code::kInvalid);
  EXPECT_EQ(FileError("cannot write", "/x", ENOSPC).code, Code::kUnavailable);
  EXPECT_EQ(FileError("cannot write", "/x", EACCES).code, Code::kInvalid);
  EXPECT_EQ(FileError("cannot write", "/x", EIO).code, Code::kInternal);
}

TEST_F(FileTest, AFullDiskIsSaidWithWhatToDo) {
  const Error error = FileError("cannot write", "/data/x", ENOSPC);
  EXPECT_EQ(error.code, Code::kUnavailable);
  EXPECT_EQ(error.message, "cannot write /data/x: No space left on device; free some space there");
}

TEST_F(FileTest, AFailedWriteLeavesNothing) {
  std::filesystem::create_directories(root_ / "folder/inner");
  EXPECT_EQ(WriteFileAtomically(root_ / "folder", AsBytes("x"), Durability::kProcess).error().code, Code::kInvalid);
  EXPECT_EQ(FileCount(), 1U);
}

TEST_F(FileTest, ManyWritersOfOneFileDoNotMix) {
  {
    std::vector<std::jthread> writers;
    for (unsigned i = 1; i <= 4; ++i) {
      writers.emplace_back([this, i] {
        const Bytes content(1000 * i, static_cast<std::byte>(i));
        for (int turn = 0; turn < 50; ++turn) {
          EXPECT_TRUE(WriteFileAtomically(root_ / "file", content, Durability::kProcess).ok());
        }
      });
    }
  }
  const Blob content = ReadFile(root_ / "file").value();
  ASSERT_FALSE(content.empty());
  EXPECT_TRUE(std::ranges::equal(content.span(), Bytes(content.size(), static_cast<std::byte>(content.size() / 1000))));
  EXPECT_EQ(FileCount(), 1U);
}

TEST(FileDescriptor, ClosesOnceAndMoves) {
  FileDescriptor first(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = first.get();
  ASSERT_TRUE(first.open());
  FileDescriptor second = std::move(first);
  EXPECT_EQ(second.get(), number);
  EXPECT_NE(fcntl(number, F_GETFD), -1);
  second = FileDescriptor();
  EXPECT_FALSE(second.open());
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

TEST(TemporaryFolder, IsRemovedWithItsContent) {
  std::filesystem::path path;
  {
    const TemporaryFolder folder = TemporaryFolder::Make().value();
    path = folder.path();
    ASSERT_TRUE(WriteFileAtomically(path / "a/b", AsBytes("x"), Durability::kProcess).ok());
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(TemporaryFolder::Make("/proc/none").error().code, Code::kNotFound);
}

}  // namespace
}  // namespace lambdaml
