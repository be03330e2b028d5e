// SPDX-License-Identifier: Apache-2.0
#include "platform/local/sandbox_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "base/file.h"

namespace lambdaml::local {
namespace {

class SandboxLogTest : public ::testing::Test {
 protected:
  SandboxLogTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    read_end_ = FileDescriptor(ends[0]);
    write_end_ = FileDescriptor(ends[1]);
  }
  void Print(std::string_view text) {
    ASSERT_EQ(write(write_end_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    log_.Drain(read_end_.get());
  }

  FileDescriptor read_end_;
  FileDescriptor write_end_;
  std::vector<std::string> lines_;
  std::mutex mutex_;
  LogSink sink_ = [this](const LogLine& line) { lines_.push_back(line.instance + ": " + line.text); };
  SandboxLog log_{"one", sink_, mutex_};
};

TEST_F(SandboxLogTest, LinesAreWholeHoweverTheyArrive) {
  Print("a\n\nb");
  Print("c");
  EXPECT_EQ(lines_, (std::vector<std::string>{"one: a", "one: "}));
  Print("d\ne");
  log_.Flush();
  log_.Flush();
  EXPECT_EQ(lines_, (std::vector<std::string>{"one: a", "one: ", "one: bcd", "one: e"}));
  EXPECT_EQ(log_.tail(), "a\n\nbcd\ne\n");
}

TEST_F(SandboxLogTest, LineWithoutEndIsCut) {
  const std::string piece(32768, 'x');
  for (int i = 0; i < 9; ++i) Print(piece);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0].size(), 5U + 8 * piece.size());
  EXPECT_EQ(log_.tail().size(), 4096U);
}

}  // namespace
}  // namespace lambdaml::local
