// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/answer.h"

#include <gtest/gtest.h>

#include "storage/dynamodb/binaries.h"

namespace lambdaml::dynamodb {
namespace {

TEST(DynamoDbAnswer, ABatchReadHasItemsAndWhatIsLeft) {
  const auto answer = ParseBatchRead(
      R"({"Responses":{"jobs":[{"k":{"S":"a/\"b\""},"n":{"N":"3"},"v":{"B":"Zm9v"}},)"
      R"({"v" : { "B" : "" },"k":{"S":"B"},"n":{"N":"0"},"e":{"N":"1700000000"}},{"k":{"S":"c"},"n":{"N":"9"}}]},)"
      R"("UnprocessedKeys":{"jobs":{"Keys":[{"k":{"S":"d"}}],"ConsistentRead":true}}})",
      "jobs");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  const auto& items = answer.value().items;
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0].key, "a/\"b\"");
  EXPECT_EQ(items[0].value.text(), "foo");
  EXPECT_EQ(items[0].expires_unix_s, 0);
  EXPECT_EQ(items[1].key, "B");
  EXPECT_EQ(items[1].value.size(), 0U);
  EXPECT_EQ(items[1].expires_unix_s, 1'700'000'000);
  EXPECT_EQ(items[2].value_bytes, 9U);
  EXPECT_EQ(answer.value().unprocessed, std::vector<std::string>{"d"});
}

TEST(DynamoDbAnswer, AnotherTableHasNoItems) {
  const auto answer = ParseBatchRead(R"({"Responses":{"others":[{}]},"UnprocessedKeys":{}})", "jobs");
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer.value().items.empty());
}

TEST(DynamoDbAnswer, ABatchWriteTellsTheKeysThatAreLeft) {
  const auto left =
      ParseBatchWrite(R"({"UnprocessedItems":{"jobs":[{"PutRequest":{"Item":{"v":{"B":"Zm9v"},"k":{"S":"a"}}}},)"
                      R"({"DeleteRequest":{"Key":{"k":{"S":"b"}}}}]}})",
                      "jobs");
  ASSERT_TRUE(left.ok()) << left.error().message;
  EXPECT_EQ(left.value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(ParseBatchWrite(R"({"UnprocessedItems":{}})", "jobs").value(), std::vector<std::string>());
}

TEST(DynamoDbAnswer, AScanTellsWhereItStopped) {
  const auto page =
      ParseScan(R"({"Items":[{"k":{"S":"a"},"n":{"N":"5"}}],"Count":1,"LastEvaluatedKey":{"k":{"S":"z"}}})");
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_EQ(page.value().items[0].value_bytes, 5U);
  EXPECT_EQ(page.value().last_key, "z");
  EXPECT_FALSE(ParseScan(R"({"Items":[]})").value().last_key.has_value());
  EXPECT_EQ(ParseTableStatus(R"({"Table":{"TableStatus":"ACTIVE"}})").value(), "ACTIVE");
}

TEST(DynamoDbAnswer, ATextThatIsCutShortIsWorthAnotherTry) {
  const std::string whole =
      R"({"Responses":{"jobs":[{"k":{"S":"a"},"n":{"N":"3"},"v":{"B":"Zm9v"}}]},"UnprocessedKeys":{}})";
  ASSERT_TRUE(ParseBatchRead(whole, "jobs").ok());
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const auto cut = ParseBatchRead(whole.substr(0, length), "jobs");
    ASSERT_FALSE(cut.ok()) << length;
    EXPECT_EQ(cut.error().code, Code::kUnavailable) << length;
  }
}

TEST(DynamoDbAnswer, WhatMeansSomethingElseIsRefused) {
  for (const char* const text : {"",
                                 "[]",
                                 "7",
                                 "null",
                                 "<html>",
                                 "\"\"",
                                 "{}",
                                 R"({"Responses":[]})",
                                 R"({"Responses":{"jobs":{}}})",
                                 R"({"Responses":{"jobs":[7]}})",
                                 R"({"Responses":{"jobs":[{}]}})",
                                 R"({"Responses":{"jobs":[{"k":"a"}]}})",
                                 R"({"Responses":{"jobs":[{"k":{"S":7}}]}})",
                                 R"({"Responses":{"jobs":[{"k":{"S":"a"}}]}})",
                                 R"({"Responses":{"jobs":[{"k":{"S":"a"},"n":{"N":"-1"}}]}})",
                                 R"({"Responses":{"jobs":[{"k":{"S":"a"},"n":{"N":"many"}}]}})",
                                 R"({"Responses":{"jobs":[{"k":{"S":"a"},"n":{"N":"2"},"v":{"B":"Zm9v"}}]}})",
                                 R"({"Responses":{"jobs":[{"k":{"S":"a"},"n":{"N":"3"},"v":{"B":"Zm9*"}}]}})",
                                 R"({"Responses":{"jobs":[{"k":{"S":"a"},"n":{"N":"3"},"v":{"B":"#9\/"}}]}})",
                                 R"({"Responses":{"jobs":[]},"UnprocessedKeys":{"jobs":{"Keys":[{}]}}})",
                                 R"({"Responses":{"jobs":[]},"UnprocessedKeys":{"jobs":{"Keys":{"k":1}}}})"}) {
    const auto answer = ParseBatchRead(text, "jobs");
    const bool refused = !answer.ok() && answer.error().code == Code::kInvalid;
    const bool empty = answer.ok() && answer.value().items.empty() && answer.value().unprocessed.empty();
    EXPECT_TRUE(refused || (empty && std::string_view(text) == R"({"Responses":[]})")) << text;
  }
  for (const char* const text : {"{}", R"({"UnprocessedItems":{"jobs":[{}]}})", R"({"UnprocessedItems":{"jobs":7}})",
                                 R"({"UnprocessedItems":{"jobs":[{"PutRequest":{"Item":[]}}]}})"})
    EXPECT_FALSE(ParseBatchWrite(text, "jobs").ok()) << text;
  for (const char* const text : {"{}", R"({"Items":7})", R"({"Items":[[]]})", R"({"Items":[],"LastEvaluatedKey":{}})"})
    EXPECT_FALSE(ParseScan(text).ok()) << text;
  for (const char* const text : {"{}", R"({"Table":7})", R"({"Table":{"TableStatus":7}})"})
    EXPECT_FALSE(ParseTableStatus(text).ok()) << text;
}

TEST(DynamoDbBinaries, AreTakenOutWhereTheyFollowTheirName) {
  const WithoutBinaries taken =
      TakeBinaries(R"({"B":{"S":"B"},"x":"B","v":{"B" : "Zm9v"},"w":{"B":"Zm\/v"},"u":["B","B"],"t":{"B":""}})");
  EXPECT_EQ(taken.text, R"({"B":{"S":"B"},"x":"B","v":{"B" : "#0"},"w":{"B":"Zm\/v"},"u":["B","B"],"t":{"B":"#1"}})");
  EXPECT_EQ(taken.binaries, (std::vector<std::string_view>{"Zm9v", ""}));
  EXPECT_EQ(taken.Decoded("#0").value().size(), 3U);
  EXPECT_EQ(taken.Decoded("Zm9v").value().size(), 3U);
  EXPECT_FALSE(taken.Decoded("#2").ok());
  EXPECT_FALSE(taken.Decoded("#-1").ok());
}

TEST(DynamoDbBinaries, AnyTextComesThrough) {
  for (const char* const text : {"", "\"", "\\", "\"B\":\"", "\"\\\"", "\"B\":\"abc\\", "{\"a\\\\\":1}"})
    EXPECT_EQ(TakeBinaries(text).text, text);
}

}  // namespace
}  // namespace lambdaml::dynamodb
