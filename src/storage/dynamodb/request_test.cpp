// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/request.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lambdaml::dynamodb {
namespace {

using Json = nlohmann::json;

const Settings kSettings{.name = "dynamodb://jobs/a",
                         .table = "jobs",
                         .prefix = "a/",
                         .endpoint = "http://127.0.0.1:8000",
                         .region = "us-east-1"};

TEST(DynamoDbRequest, ABatchWritePutsAndDeletes) {
  const Write put{.key = R"(quo"te\)", .value = AsBytes("foo"), .expires_unix_s = 1'700'000'000};
  const Write empty{.key = "数", .value = ByteSpan()};
  const Write removal{.key = "gone", .value = {}};
  const Write* const writes[] = {&put, &empty, &removal};
  const std::string text = BatchWriteText(kSettings, writes);
  EXPECT_EQ(Json::parse(text), Json::parse(R"J({"RequestItems":{"jobs":[
      {"PutRequest":{"Item":{"k":{"S":"quo\"te\\"},"n":{"N":"3"},"v":{"B":"Zm9v"},"e":{"N":"1700000000"}}}},
      {"PutRequest":{"Item":{"k":{"S":"数"},"n":{"N":"0"}}}},
      {"DeleteRequest":{"Key":{"k":{"S":"gone"}}}}]}})J"));
}

TEST(DynamoDbRequest, AConditionalPutSeesWhatHasExpired) {
  const Write write{.key = "a/k", .value = AsBytes("foo")};
  const PutItem absent{.key = Key("k"), .value = AsBytes("foo"), .condition = Condition::kIfAbsent};
  EXPECT_EQ(Json::parse(ConditionalPutText(kSettings, write, absent, 99)),
            Json::parse(R"J({"TableName":"jobs","Item":{"k":{"S":"a/k"},"n":{"N":"3"},"v":{"B":"Zm9v"}},
      "ConditionExpression":"attribute_not_exists(k) OR e <= :now",
      "ExpressionAttributeValues":{":now":{"N":"99"}}})J"));
  PutItem equal{
      .key = Key("k"), .value = AsBytes("foo"), .condition = Condition::kIfEquals, .expected = AsBytes("bar")};
  const Json with_value = Json::parse(ConditionalPutText(kSettings, write, equal, 99));
  EXPECT_EQ(with_value["ConditionExpression"], "v = :expected AND (attribute_not_exists(e) OR e > :now)");
  EXPECT_EQ(with_value["ExpressionAttributeValues"][":expected"], Json::parse(R"({"B":"YmFy"})"));
  equal.expected = {};
  const Json without = Json::parse(ConditionalPutText(kSettings, write, equal, 99));
  EXPECT_EQ(without["ConditionExpression"], "n = :expected AND (attribute_not_exists(e) OR e > :now)");
  EXPECT_EQ(without["ExpressionAttributeValues"][":expected"], Json::parse(R"({"N":"0"})"));
}

TEST(DynamoDbRequest, ReadsAreConsistent) {
  const std::string first = "a/1";
  const std::string second = "a/2";
  const std::string* const keys[] = {&first, &second};
  EXPECT_EQ(Json::parse(BatchReadText(kSettings, keys, Projection::kSize)),
            Json::parse(R"J({"RequestItems":{"jobs":{"ConsistentRead":true,"ProjectionExpression":"k,n,e",
      "Keys":[{"k":{"S":"a/1"}},{"k":{"S":"a/2"}}]}}})J"));
  EXPECT_EQ(Json::parse(ScanText(kSettings, {.prefix = "a/", .segment = 1, .segments = 4, .after = "a/7"})),
            Json::parse(R"J({"TableName":"jobs","ConsistentRead":true,"ProjectionExpression":"k,n,e",
      "Segment":1,"TotalSegments":4,"FilterExpression":"begins_with(k, :prefix)",
      "ExpressionAttributeValues":{":prefix":{"S":"a/"}},"ExclusiveStartKey":{"k":{"S":"a/7"}}})J"));
  const Json whole_table = Json::parse(ScanText(kSettings, {}));
  EXPECT_FALSE(whole_table.contains("FilterExpression"));
  EXPECT_FALSE(whole_table.contains("ExclusiveStartKey"));
}

TEST(DynamoDbRequest, TheTableHasOneKey) {
  const Json table = Json::parse(CreateTableText(kSettings));
  EXPECT_EQ(table["KeySchema"], Json::parse(R"([{"AttributeName":"k","KeyType":"HASH"}])"));
  EXPECT_EQ(table["BillingMode"], "PAY_PER_REQUEST");
  EXPECT_EQ(Json::parse(DescribeTableText(kSettings)), Json::parse(R"({"TableName":"jobs"})"));
  EXPECT_EQ(Json::parse(EnableTimeToLiveText(kSettings))["TimeToLiveSpecification"],
            Json::parse(R"({"Enabled":true,"AttributeName":"e"})"));
}

// The largest batch stays below the 16 MB of a request, base64 and all.
TEST(DynamoDbRequest, TheLargestBatchFitsIntoARequest) {
  const Bytes value(kValueBytesMax);
  const Write write{.key = std::string(kPrefixBytesMax + kKeyBytesMax, '"'), .value = value, .expires_unix_s = 1};
  const std::vector<const Write*> writes(kWritesMax, &write);
  EXPECT_LT(BatchWriteText(kSettings, writes).size(), std::size_t{16} << 20U);
}

}  // namespace
}  // namespace lambdaml::dynamodb
