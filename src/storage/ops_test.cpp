// SPDX-License-Identifier: Apache-2.0
#include "storage/ops.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "base/text.h"
#include "storage/registry.h"

namespace lambdaml {
namespace {

using namespace std::chrono_literals;

class OpsTest : public ::testing::TestWithParam<std::string> {
 protected:
  static Key Named(std::string_view text) { return Key(std::string(text)); }
  std::string Text(std::string_view key) {
    const Result<Blob> value = Load(*store_, Named(key));
    return value.ok() ? std::string(value.value().text()) : value.error().message;
  }
  void Write(std::string_view key, std::string_view text) {
    ASSERT_TRUE(Save(*store_, Named(key), AsBytes(text)).ok()) << key;
  }

  SystemClock clock_;
  TemporaryFolder folder_ = TemporaryFolder::Make().value();
  std::string url_ = GetParam() == "file" ? StrCat("file://", folder_.path().string(), "/store") : GetParam();
  std::unique_ptr<Store> store_ = OpenStore(url_, {.clock = clock_}).value();
};

INSTANTIATE_TEST_SUITE_P(Stores, OpsTest, ::testing::Values("memory:", "file"));

TEST_P(OpsTest, SaveAndLoad) {
  Write("a", "1");
  Write("a", "2");
  EXPECT_EQ(Text("a"), "2");
  const Result<Blob> missing = Load(*store_, Key("b"));
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  EXPECT_EQ(missing.error().message, StrCat("there is no b in ", store_->name()));
}

TEST_P(OpsTest, SaveIfAbsentDoesNotReplace) {
  EXPECT_TRUE(SaveIfAbsent(*store_, Key("a"), AsBytes("1")).ok());
  EXPECT_EQ(SaveIfAbsent(*store_, Key("a"), AsBytes("2")).error().code, Code::kConflict);
  EXPECT_EQ(Text("a"), "1");
}

TEST_P(OpsTest, ReplaceReplacesWhatWasExpectedAlone) {
  EXPECT_EQ(Replace(*store_, Key("a"), AsBytes("2"), AsBytes("1")).error().code, Code::kConflict);
  Write("a", "1");
  EXPECT_TRUE(Replace(*store_, Key("a"), AsBytes("2"), AsBytes("1")).ok());
  EXPECT_EQ(Replace(*store_, Key("a"), AsBytes("3"), AsBytes("1")).error().code, Code::kConflict);
  EXPECT_EQ(Text("a"), "2");
}

TEST_P(OpsTest, LoadOrWaitGivesUpAtTheDeadline) {
  const Result<Blob> value = LoadOrWait(*store_, Key("a"), clock_.Now() + 1ms);
  EXPECT_EQ(value.error().code, Code::kTimeout);
  EXPECT_EQ(value.error().message, StrCat("nobody wrote a in ", store_->name()));
  Write("a", "1");
  EXPECT_EQ(LoadOrWait(*store_, Key("a"), clock_.Now()).value().text(), "1");
}

TEST_P(OpsTest, RemovesOneAndMany) {
  for (const std::string_view key : {"a", "b", "c"}) Write(key, "x");
  EXPECT_TRUE(Remove(*store_, Key("a")).ok());
  EXPECT_TRUE(Remove(*store_, Key("a")).ok());
  EXPECT_TRUE(RemoveAll(*store_, std::vector<Key>{Key("b"), Key("d")}).ok());
  const std::vector<Entry> left = ListBelow(*store_, Key()).value();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].key.text(), "c");
}

TEST_P(OpsTest, ClearNeverLeavesItsPrefix) {
  for (const std::string_view key : {"a/1", "a/2/3", "ab", "a.b", "b/a/1"}) Write(key, "x");
  EXPECT_EQ(Clear(*store_, Key("a")).value(), 2U);
  EXPECT_EQ(Clear(*store_, Key("b/")).value(), 1U);
  EXPECT_EQ(Clear(*store_, Key("none")).value(), 0U);
  EXPECT_EQ(ListBelow(*store_, Key()).value().size(), 2U);
  const Result<std::size_t> everything = Clear(*store_, Key());
  EXPECT_EQ(everything.error().code, Code::kInvalid);
  EXPECT_EQ(ListBelow(*store_, Key()).value().size(), 2U);
}

}  // namespace
}  // namespace lambdaml
