// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/checksum.h"

#include <gtest/gtest.h>

#include "storage/ops.h"
#include "storage/testing/scripted_store.h"

namespace lambdaml {
namespace {

class Checksum : public ::testing::Test {
 protected:
  Checksum() {
    auto scripted = std::make_unique<ScriptedStore>(clock_);
    below_ = scripted.get();
    store_ = WithChecksum(std::move(scripted));
  }

  SystemClock clock_;
  ScriptedStore* below_ = nullptr;
  std::unique_ptr<Store> store_;
};

// The check value of CRC-32C.
TEST_F(Checksum, StandsBehindTheValue) {
  ASSERT_TRUE(Save(*store_, Key("a"), AsBytes("123456789")).ok());
  EXPECT_EQ(Load(below_->inner(), Key("a")).value().text(), "123456789\x83\x92\x06\xE3");
  ASSERT_TRUE(Save(*store_, Key("b"), {}).ok());
  EXPECT_TRUE(Load(below_->inner(), Key("b")).value().empty());
}

TEST_F(Checksum, EveryDamageIsSeen) {
  ASSERT_TRUE(Save(*store_, Key("a"), AsBytes("a value")).ok());
  const std::string good(Load(below_->inner(), Key("a")).value().text());
  std::vector<std::string> damaged{good + "x", good.substr(0, good.size() - 1), "x", "1234", "12345"};
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    damaged.push_back(good);
    damaged.back()[bit / 8] = static_cast<char>(damaged.back()[bit / 8] ^ (1 << (bit % 8)));
  }
  for (const std::string& bad : damaged) {
    ASSERT_TRUE(Save(below_->inner(), Key("a"), AsBytes(bad)).ok());
    const auto loaded = Load(*store_, Key("a"));
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().code, Code::kUnavailable);
    EXPECT_EQ(loaded.error().message,
              "the value of a in memory: does not fit its checksum: write it again with checksum=on");
    const Range whole{.key = Key("a")};
    EXPECT_FALSE(store_->Read({&whole, 1}).ok());
    EXPECT_FALSE(LoadOrWait(*store_, Key("a"), clock_.Now()).ok());
  }
}

TEST_F(Checksum, WhatWasDamagedOnItsWayIsReadAgain) {
  ASSERT_TRUE(Save(*store_, Key("a"), AsBytes("a value")).ok());
  const Bytes good = ToBytes(Load(below_->inner(), Key("a")).value().span());
  ASSERT_TRUE(Save(below_->inner(), Key("a"), AsBytes("a valve....")).ok());
  below_->after = [this, &good](std::string_view call, int number) -> Result<void> {
    return call == "Read" && number == 1 ? Save(below_->inner(), Key("a"), good) : Result<void>();
  };
  EXPECT_EQ(Load(*store_, Key("a")).value().text(), "a value");
  EXPECT_EQ(below_->Count("Read"), 2);
}

}  // namespace
}  // namespace lambdaml
