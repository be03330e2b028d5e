// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "storage/dynamodb/request.h"
#include "storage/dynamodb/testing/dynamodb_fixture.h"
#include "storage/dynamodb/testing/fault_proxy.h"
#include "storage/ops.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml::dynamodb {
namespace {

class DynamoDbFaults : public DynamoDbTest {};

TEST_F(DynamoDbFaults, WhatIsLeftUnprocessedIsAskedForAgain) {
  FaultProxy proxy(*DynaliteServer(), [](FaultProxy& self, const FaultProxy::Call& call) {
    return call.operation.starts_with("Batch") && call.number % 3 != 0 ? std::optional(self.Half(call)) : std::nullopt;
  });
  const auto store = OpenBare(proxy.NewUrl(), clock_);
  const std::vector<std::string> keys = Numbered(120);
  const auto put = store->Put(Items(keys));
  ASSERT_TRUE(put.ok()) << put.error().message;
  EXPECT_GT(proxy.Count("BatchWriteItem"), 5);
  ExpectAll(*store, keys);
  std::vector<Key> gone;
  for (const std::string& key : keys) gone.emplace_back(key);
  ASSERT_TRUE(store->Delete(gone).ok());
  EXPECT_TRUE(store->List(Key()).value().empty());
}

TEST_F(DynamoDbFaults, WhatStaysUnprocessedIsGivenUp) {
  FaultProxy proxy(*DynaliteServer(), [](FaultProxy& self, const FaultProxy::Call& call) {
    return call.operation.starts_with("Batch") ? std::optional(self.Nothing(call)) : std::nullopt;
  });
  VirtualClock clock;
  const auto store = OpenBare(proxy.NewUrl(), clock);
  for (const auto& error : {Save(*store, Key("a"), AsBytes("x")).error(), Load(*store, Key("a")).error()}) {
    EXPECT_EQ(error.code, Code::kUnavailable);
    EXPECT_NE(error.message.find("1 items stay unprocessed"), std::string::npos) << error.message;
  }
  EXPECT_GT(clock.sleeps().size(), 10U);
  EXPECT_LT(clock.sleeps().size(), 100U);
}

TEST_F(DynamoDbFaults, ThrottlingAndFailuresAreTriedAgain) {
  FaultProxy proxy(*DynaliteServer(), [](FaultProxy& self, const FaultProxy::Call& call) {
    switch (call.number) {
      case 1: return std::optional(FaultProxy::Refusal(400, "ProvisionedThroughputExceededException"));
      case 2: return std::optional(FaultProxy::Refusal(500, "InternalServerError"));
      case 3: return std::optional(self.CutShort(call));
      default: return std::optional<HttpResponse>();
    }
  });
  const auto store = Open(proxy.NewUrl("retry=60s"));
  ASSERT_TRUE(SaveIfAbsent(*store, Key("a"), AsBytes("mine")).ok());
  ASSERT_TRUE(Save(*store, Key("b"), AsBytes("b")).ok());
  EXPECT_EQ(Load(*store, Key("a")).value().text(), "mine");
  const auto listed = store->List(Key());
  ASSERT_TRUE(listed.ok()) << listed.error().message;
  EXPECT_EQ(listed.value().size(), 2U);
  ASSERT_TRUE(Remove(*store, Key("a")).ok());
  EXPECT_GE(proxy.Count("PutItem"), 3);
}

TEST_F(DynamoDbFaults, WhatIsWrittenIsNotWrittenAgainForWhatIsRefused) {
  FaultProxy proxy(*DynaliteServer(), [](FaultProxy&, const FaultProxy::Call& call) {
    const bool refused = call.operation == "BatchWriteItem" && call.number % 3 == 1;
    return refused ? std::optional(FaultProxy::Refusal(400, "ThrottlingException")) : std::nullopt;
  });
  const auto store = OpenBare(proxy.NewUrl(), clock_);
  const std::vector<std::string> keys = Numbered(kWritesMax * 5);
  const auto put = store->Put(Items(keys));
  ASSERT_TRUE(put.ok()) << put.error().message;
  EXPECT_EQ(proxy.Count("BatchWriteItem"), 5 + 2 + 1);  // refused: the first and the fourth, then the seventh
  ExpectAll(*store, keys);
}

TEST_F(DynamoDbFaults, WithoutRetriesAFailureIsNamed) {
  FaultProxy proxy(*DynaliteServer(), [](FaultProxy&, const FaultProxy::Call&) {
    HttpResponse refusal = FaultProxy::Refusal(503, "ServiceUnavailable");
    refusal.headers["Retry-After"] = "3";
    return std::optional(refusal);
  });
  const auto store = OpenBare(proxy.NewUrl(), clock_);
  const auto loaded = Load(*store, Key("a"));
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, Code::kUnavailable);
  EXPECT_EQ(loaded.error().retry_after, std::chrono::seconds(3));
  EXPECT_NE(loaded.error().message.find(proxy.address()), std::string::npos) << loaded.error().message;
}

// The chunks of 4 MB and what names them.
TEST_F(DynamoDbFaults, FourMegabytesTakeTwoRoundTrips) {
  FaultProxy proxy(*DynaliteServer());
  const std::string url = proxy.NewUrl();
  const Bytes value(std::size_t{4} << 20U, std::byte{0x5A});
  const auto writer = Open(url);
  ASSERT_TRUE(Save(*writer, Key("large"), value).ok());
  EXPECT_EQ(proxy.Count("BatchWriteItem"), 2);
  const int reads = proxy.Count("BatchGetItem");
  const auto loaded = Load(*Open(url), Key("large"));
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded.value().size(), value.size());
  // Of the manifest, and at the same time of two chunks each.
  EXPECT_EQ(proxy.Count("BatchGetItem"), reads + 1 + 6);
  EXPECT_EQ(proxy.unprocessed(), 0);
}

}  // namespace
}  // namespace lambdaml::dynamodb
