// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/chaos.h"

#include <gtest/gtest.h>

#include "storage/ops.h"
#include "storage/testing/scripted_store.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml {
namespace {

using std::chrono::milliseconds;

class Chaos : public ::testing::Test {
 protected:
  std::unique_ptr<Store> Make(const ChaosOptions& options) {
    auto scripted = std::make_unique<ScriptedStore>(clock_);
    below_ = &scripted->inner();
    return WithChaos(std::move(scripted), clock_, options);
  }

  static std::string Listed(Store& store) {
    std::string keys;
    for (const Entry& entry : store.List(Key()).value()) keys += StrCat(entry.key.text(), ":", entry.bytes, " ");
    return keys;
  }

  VirtualClock clock_;
  Store* below_ = nullptr;
};

TEST_F(Chaos, IsQuietUnlessAsked) {
  const auto store = Make({.seed = 1});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Save(*store, Key(StrCat(i)), {}).ok());
  EXPECT_EQ(store->List(Key()).value().size(), 100U);
  EXPECT_TRUE(clock_.sleeps().empty());
}

TEST_F(Chaos, AnErrorDoesNothing) {
  const auto store = Make({.seed = 1, .errors = 1});
  const auto saved = Save(*store, Key("a"), AsBytes("x"));
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, Code::kUnavailable);
  EXPECT_EQ(below_->List(Key()).value().size(), 0U);
  EXPECT_FALSE(Load(*store, Key("a")).ok());
  EXPECT_FALSE(store->List(Key()).ok());
}

TEST_F(Chaos, ALostReplyDoesAll) {
  const auto store = Make({.seed = 1, .lost_replies = 1});
  EXPECT_EQ(Save(*store, Key("a"), AsBytes("x")).error().code, Code::kUnavailable);
  EXPECT_EQ(Load(*store, Key("a")).value().text(), "x");
  EXPECT_EQ(Remove(*store, Key("a")).error().code, Code::kUnavailable);
  EXPECT_EQ(Load(*store, Key("a")).error().code, Code::kNotFound);
}

TEST_F(Chaos, AStaleListIsAsBeforeTheLastChanges) {
  const auto store = Make({.seed = 1, .stale_lists = 1});
  ASSERT_TRUE(Save(*store, Key("a"), AsBytes("12")).ok());
  ASSERT_TRUE(Save(*store, Key("c"), AsBytes("1")).ok());
  EXPECT_EQ(Listed(*store), "");
  EXPECT_EQ(Listed(*store), "a:2 c:1 ");
  ASSERT_TRUE(Remove(*store, Key("a")).ok());
  ASSERT_TRUE(Save(*store, Key("b"), AsBytes("123")).ok());
  EXPECT_EQ(Listed(*store), "a:2 c:1 ");
  EXPECT_EQ(Listed(*store), "b:3 c:1 ");
}

TEST_F(Chaos, DrawsTheSameForTheSameSeed) {
  const auto course = [this](std::uint64_t seed) {
    const auto store = Make({.seed = seed, .delays = 0.5, .errors = 0.3, .lost_replies = 0.3});
    const Clock::Time begin = clock_.Now();
    std::string text;
    for (int i = 0; i < 200; ++i) text += Save(*store, Key("a"), {}).ok() ? "." : "x";
    return StrCat(text, (clock_.Now() - begin).count());
  };
  EXPECT_EQ(course(1), course(1));
  EXPECT_NE(course(1), course(2));
  for (const Clock::Duration delay : clock_.sleeps()) EXPECT_LE(delay, milliseconds(100));
}

}  // namespace
}  // namespace lambdaml
