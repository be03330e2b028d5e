// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/text.h"
#include "net/http_client.h"
#include "storage/dynamodb/dynamodb_store.h"
#include "storage/dynamodb/request.h"
#include "storage/dynamodb/testing/dynamodb_fixture.h"
#include "storage/layers/chunk.h"
#include "storage/layers/poll.h"
#include "storage/ops.h"
#include "storage/server_conformance.h"
#include "storage/store_conformance.h"
#include "storage/testing/moto.h"

namespace lambdaml {
namespace {

using Json = nlohmann::json;
using dynamodb::DynaliteServer;
using dynamodb::ExpectAll;
using dynamodb::Items;
using dynamodb::Numbered;
using std::chrono::hours;

std::shared_ptr<Moto> MotoServer() {
  static const Result<std::shared_ptr<Moto>> server = Moto::Launch();
  EXPECT_TRUE(server.ok()) << server.error().message;
  return server.value();
}

// Of a table of its own: a list reads the whole table.
std::string NewTable(const std::string& endpoint) {
  static std::atomic<int> tables{0};
  return StrCat("dynamodb://table-", ++tables, "/p?create=true&endpoint=", endpoint);
}

std::string MotoEndpoint() { return StrCat("http://", MotoServer()->address()); }

StoreUnderTest OnDynalite(Clock& clock) {
  const auto server = DynaliteServer();
  return {server,
          OpenStore(NewTable(server->endpoint()), {.clock = clock, .environment = server->environment()}).value()};
}

// moto counts the characters of an item's base64 where DynamoDB counts its bytes.
class SmallerItems final : public Store {
 public:
  explicit SmallerItems(std::unique_ptr<Store> store) : store_(std::move(store)), limits_(store_->limits()) {
    limits_.value_bytes_max = 300'000;
  }
  Result<void> Put(std::span<const PutItem> items) override { return store_->Put(items); }
  Result<Values> Get(std::span<const Key> keys) override { return store_->Get(keys); }
  Result<Slices> Read(std::span<const Range> ranges) override { return store_->Read(ranges); }
  Result<std::vector<Entry>> List(const Key& prefix) override { return store_->List(prefix); }
  Result<void> Delete(std::span<const Key> keys) override { return store_->Delete(keys); }
  const Limits& limits() const override { return limits_; }
  std::string name() const override { return store_->name(); }

 private:
  std::unique_ptr<Store> store_;
  Limits limits_;
};

StoreUnderTest OnMoto(Clock& clock) {
  const auto server = MotoServer();
  const Url url = Url::Parse(NewTable(MotoEndpoint())).value();
  auto bare = dynamodb::Open(url, {.clock = clock, .environment = server->environment()}).value();
  auto polled = WithPolling(std::make_unique<SmallerItems>(std::move(bare)), clock, nullptr);
  return {server, WithChunks(std::move(polled), clock, 1)};
}

INSTANTIATE_TEST_SUITE_P(Dynamodb, StoreConformance,
                         ::testing::Values(StoreMaker{"dynalite", OnDynalite},
                                           StoreMaker{.name = "moto",
                                                      .make = OnMoto,
                                                      .skip = "OneOfManyWinsARaceForAnAbsentKey "
                                                              "OneOfManyWinsARaceForAValue",
                                                      .why = "moto checks a condition and writes in two steps"}),
                         [](const auto& each) { return each.param.name; });

INSTANTIATE_TEST_SUITE_P(Dynamodb, ServerConformance,
                         ::testing::Values(ServerMaker{
                             "dynalite", []() -> std::shared_ptr<TestServer> { return DynaliteServer(); }}),
                         [](const auto& each) { return each.param.name; });

// One call as the AWS SDKs send it, unsigned in all but form.
Json Call(const std::string& endpoint, const std::string& operation, const Json& body) {
  HttpClient client;
  const auto answer =
      client.Send({.method = "POST",
                   .url = endpoint + "/",
                   .headers = {{"Content-Type", "application/x-amz-json-1.0"},
                               {"X-Amz-Target", "DynamoDB_20120810." + operation},
                               {"X-Amz-Date", "20240101T000000Z"},
                               {"Authorization",
                                "AWS4-HMAC-SHA256 Credential=test-access/20240101/us-east-1/dynamodb/aws4_request, "
                                "SignedHeaders=host, Signature=0"}},
                   .body = body.dump()},
                  std::chrono::minutes(1));
  EXPECT_TRUE(answer.ok() && answer.value().status == 200)
      << (answer.ok() ? answer.value().Summary() : answer.error().message);
  return answer.ok() ? Json::parse(answer.value().body, nullptr, false) : Json();
}

class DynamoDbServer : public dynamodb::DynamoDbTest {};

TEST_F(DynamoDbServer, AMissingTableIsNamed) {
  const auto store = Open(StrCat("dynamodb://no-such-table/p?endpoint=", DynaliteServer()->endpoint()));
  for (const auto& error :
       {Save(*store, Key("a"), AsBytes("x")).error(), SaveIfAbsent(*store, Key("a"), {}).error(),
        Load(*store, Key("a")).error(), store->List(Key()).error(), Remove(*store, Key("a")).error()}) {
    EXPECT_EQ(error.code, Code::kInvalid);
    EXPECT_NE(error.message.find("no table no-such-table in us-east-1"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(DynaliteServer()->address()), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("?create=true"), std::string::npos) << error.message;
  }
}

TEST_F(DynamoDbServer, ManyStoresCreateTheTableAtOnce) {
  const std::string url = StrCat("dynamodb://new-table/p?create=true&endpoint=", DynaliteServer()->endpoint());
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 8; ++i) {
      workers.emplace_back([this, &url, i] {
        const auto saved = Save(*Open(url), Key(StrCat("worker/", i)), AsBytes("here"));
        EXPECT_TRUE(saved.ok()) << saved.error().message;
      });
    }
  }
  const auto store = Open(StrCat("dynamodb://new-table/p?endpoint=", DynaliteServer()->endpoint()));
  const auto listed = store->List(Key("worker/"));
  ASSERT_TRUE(listed.ok()) << listed.error().message;
  EXPECT_EQ(listed.value().size(), 8U);
}

TEST_F(DynamoDbServer, ATableThatIsDeletedIsMadeAgain) {
  const auto store = Open(StrCat("dynamodb://short-lived/p?create=true&endpoint=", DynaliteServer()->endpoint()));
  ASSERT_TRUE(Save(*store, Key("a"), AsBytes("x")).ok());
  Call(DynaliteServer()->endpoint(), "DeleteTable", {{"TableName", "short-lived"}});
  const auto saved = Save(*store, Key("b"), AsBytes("y"));
  ASSERT_TRUE(saved.ok()) << saved.error().message;
  EXPECT_EQ(store->List(Key()).value().size(), 1U);
}

TEST_F(DynamoDbServer, TheServiceIsToldWhatExpires) {
  const std::string url = NewTable(MotoEndpoint());
  ASSERT_TRUE(Save(*Open(url + "&ttl=1h"), Key("a"), AsBytes("x")).ok());
  const std::string table = Url::Parse(url).value().authority;
  const Json ttl = Call(MotoEndpoint(), "DescribeTimeToLive", {{"TableName", table}})["TimeToLiveDescription"];
  EXPECT_EQ(ttl["AttributeName"], "e");
  EXPECT_EQ(ttl["TimeToLiveStatus"], "ENABLED");
  const Json item = Call(MotoEndpoint(), "GetItem", {{"TableName", table}, {"Key", {{"k", {{"S", "p/a"}}}}}})["Item"];
  const std::int64_t expires = ParseInteger(item["e"]["N"].get<std::string>()).value();
  EXPECT_GT(expires, clock_.UnixMs() / 1000 + 3000);
  EXPECT_LE(expires, clock_.UnixMs() / 1000 + 3600);
}

TEST_F(DynamoDbServer, WhatHasExpiredIsNotThere) {
  const std::string url = DynaliteServer()->NewUrl("ttl=1h");
  const auto store = Open(url);
  const auto other = Open(url.substr(0, url.find("&ttl")));
  for (const char* const key : {"a", "b", "c"}) ASSERT_TRUE(Save(*store, Key(key), AsBytes("x")).ok());
  ASSERT_TRUE(Save(*other, Key("forever"), AsBytes("x")).ok());
  EXPECT_EQ(SaveIfAbsent(*store, Key("a"), AsBytes("y")).error().code, Code::kConflict);
  EXPECT_EQ(other->List(Key()).value().size(), 4U);

  clock_.Advance(hours(1) + std::chrono::seconds(1));
  for (Store* const reader : {store.get(), other.get()}) {
    EXPECT_EQ(Load(*reader, Key("a")).error().code, Code::kNotFound);
    const Range size{.key = Key("b"), .length = 0};
    EXPECT_FALSE(reader->Read({&size, 1}).value()[0].has_value());
    EXPECT_EQ(reader->List(Key()).value().size(), 1U);
  }
  const PutItem replacement{
      .key = Key("b"), .value = AsBytes("y"), .condition = Condition::kIfEquals, .expected = AsBytes("x")};
  EXPECT_EQ(store->Put({&replacement, 1}).error().code, Code::kConflict);
  EXPECT_TRUE(SaveIfAbsent(*store, Key("a"), AsBytes("again")).ok());
  EXPECT_EQ(Load(*other, Key("a")).value().text(), "again");
}

TEST_F(DynamoDbServer, TheLargestItemFits) {
  const std::string prefix(dynamodb::kPrefixBytesMax - 3, 'p');
  std::string url = DynaliteServer()->NewUrl("ttl=7d");
  url.insert(url.find('?'), "/" + prefix);
  const auto store = OpenBare(url, clock_);
  const Key key(std::string(kKeyBytesMax, 'k'));
  Bytes value(store->limits().value_bytes_max, std::byte{0xFF});
  const auto saved = Save(*store, key, value);
  ASSERT_TRUE(saved.ok()) << saved.error().message;
  EXPECT_EQ(Load(*store, key).value().size(), value.size());
  value.push_back({});
  EXPECT_EQ(Save(*store, key, value).error().code, Code::kInvalid);
}

TEST_F(DynamoDbServer, ItemsOfOneKeyKeepTheirOrder) {
  const auto store = Open(DynaliteServer()->NewUrl());
  const auto put = [&store](std::vector<PutItem> items) {
    const auto done = store->Put(items);
    return done.ok() ? "done" : std::string(Name(done.error().code));
  };
  const auto item = [](const char* key, std::string_view value, Condition condition = Condition::kAlways) {
    return PutItem{.key = Key(key), .value = AsBytes(value), .condition = condition};
  };
  std::vector<PutItem> same;
  for (int i = 0; i < 90; ++i) same.push_back(item("many", i == 89 ? "last" : "first"));
  EXPECT_EQ(put(same), "done");
  EXPECT_EQ(Load(*store, Key("many")).value().text(), "last");
  EXPECT_EQ(put({item("a", "1", Condition::kIfAbsent), item("a", "2"), item("b", "1"), item("b", "2")}), "done");
  EXPECT_EQ(Load(*store, Key("a")).value().text(), "2");
  EXPECT_EQ(Load(*store, Key("b")).value().text(), "2");
  EXPECT_EQ(put({item("c", "1"), item("c", "2", Condition::kIfAbsent), item("d", "1")}),
            std::string(Name(Code::kConflict)));
  EXPECT_EQ(Load(*store, Key("c")).value().text(), "1");
  EXPECT_EQ(Load(*store, Key("d")).value().text(), "1");
  PutItem equal = item("e", "2", Condition::kIfEquals);
  equal.expected = AsBytes("1");
  EXPECT_EQ(put({item("e", "1", Condition::kIfAbsent), equal}), "done");
  EXPECT_EQ(Load(*store, Key("e")).value().text(), "2");
}

TEST_F(DynamoDbServer, ManyLargeValuesComeBackWhateverOneAnswerHolds) {
  const auto store = OpenBare(DynaliteServer()->NewUrl(), clock_);
  const std::vector<std::string> small = Numbered(40);
  ASSERT_TRUE(store->Put(Items(small)).ok());
  ExpectAll(*store, small);
  const Bytes value(store->limits().value_bytes_max, std::byte{7});
  std::vector<PutItem> items;
  std::vector<Key> keys;
  for (int i = 0; i < 20; ++i) {
    keys.emplace_back(StrCat("large/", i));
    items.push_back({.key = keys.back(), .value = value});
  }
  ASSERT_TRUE(store->Put(items).ok());
  // Small values before, so that all keys are asked for in one call.
  const auto values = store->Get(keys);
  ASSERT_TRUE(values.ok()) << values.error().message;
  for (const auto& each : values.value()) EXPECT_EQ(each->size(), value.size());
}

TEST_F(DynamoDbServer, ATableOfAnotherKindIsRefused) {
  const std::string endpoint = DynaliteServer()->endpoint();
  Call(endpoint, "CreateTable",
       {{"TableName", "other-kind"},
        {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "S"}}}},
        {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
        {"BillingMode", "PAY_PER_REQUEST"}});
  const auto saved = Save(*Open(StrCat("dynamodb://other-kind/p?endpoint=", endpoint)), Key("a"), AsBytes("x"));
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, Code::kInvalid);
  EXPECT_NE(saved.error().message.find("?create=true"), std::string::npos) << saved.error().message;
}

TEST_F(DynamoDbServer, AnItemOfSomebodyElseIsNamed) {
  const std::string url = DynaliteServer()->NewUrl();
  const Url parsed = Url::Parse(url).value();
  Call(DynaliteServer()->endpoint(), "PutItem",
       {{"TableName", parsed.authority}, {"Item", {{"k", {{"S", parsed.path.substr(1) + "/theirs"}}}}}});
  const auto store = Open(url);
  for (const auto& error : {Load(*store, Key("theirs")).error(), store->List(Key()).error()}) {
    EXPECT_EQ(error.code, Code::kInvalid);
    EXPECT_NE(error.message.find("theirs is no value of a store"), std::string::npos) << error.message;
  }
  EXPECT_TRUE(Save(*store, Key("theirs"), AsBytes("ours")).ok());
  EXPECT_EQ(Load(*store, Key("theirs")).value().text(), "ours");
}

TEST_F(DynamoDbServer, AKnownCertificateIsTrusted) {
  const auto store = Open(DynaliteServer()->NewTlsUrl(DynaliteServer()->certificates().authority));
  const auto saved = Save(*store, Key("a"), AsBytes("over TLS"));
  ASSERT_TRUE(saved.ok()) << saved.error().message;
  EXPECT_EQ(Load(*store, Key("a")).value().text(), "over TLS");
}

}  // namespace
}  // namespace lambdaml
