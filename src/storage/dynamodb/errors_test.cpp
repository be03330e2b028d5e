// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/errors.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace lambdaml::dynamodb {
namespace {

const Settings kSettings{.name = "dynamodb://jobs/a",
                         .table = "jobs",
                         .prefix = "a/",
                         .endpoint = "http://127.0.0.1:8000",
                         .region = "us-east-1"};

Error Answered(int status, const std::string& body, const HttpHeaders& headers = {}) {
  return ErrorOf({.status = status, .headers = headers, .body = body}, "BatchGetItem", kSettings);
}

Error OfType(const std::string& type, const std::string& message = "why") {
  return Answered(
      400, StrCat(R"({"__type":"com.amazonaws.dynamodb.v20120810#)", type, R"(","message":")", message, R"("})"));
}

TEST(DynamoDbErrors, ATypeSaysWhatToDoNext) {
  for (const char* const type : {"ProvisionedThroughputExceededException", "ThrottlingException",
                                 "RequestLimitExceeded", "InternalServerError", "TransactionConflictException"}) {
    EXPECT_EQ(OfType(type).code, Code::kUnavailable) << type;
  }
  for (const char* const type : {"UnrecognizedClientException", "InvalidSignatureException", "AccessDeniedException",
                                 "ExpiredTokenException", "MissingAuthenticationTokenException", "ValidationException",
                                 "SerializationException", "UnknownOperationException"}) {
    EXPECT_EQ(OfType(type).code, Code::kInvalid) << type;
  }
  EXPECT_EQ(OfType("ConditionalCheckFailedException").code, Code::kConflict);
  EXPECT_EQ(OfType("ResourceInUseException").code, Code::kConflict);
  EXPECT_EQ(OfType("ResourceNotFoundException").code, Code::kNotFound);
}

TEST(DynamoDbErrors, AMessageNamesTheStoreTheServerAndTheCure) {
  EXPECT_EQ(
      OfType("ThrottlingException", "Rate exceeded").message,
      "dynamodb://jobs/a: BatchGetItem at 127.0.0.1:8000: ThrottlingException: Rate exceeded; use fewer workers or "
      "give table jobs more capacity");
  EXPECT_NE(OfType("AccessDeniedException").message.find("allow dynamodb:BatchGetItem on table jobs"),
            std::string::npos);
  EXPECT_NE(OfType("ExpiredTokenException").message.find("AWS_SESSION_TOKEN"), std::string::npos);
  EXPECT_NE(OfType("ValidationException", "The provided key element does not match the schema").message.find("create"),
            std::string::npos);
  EXPECT_EQ(
      Answered(400, R"({"__type":"AccessDenied","Message":"not you"})").message.find("not you") == std::string::npos,
      false);
}

TEST(DynamoDbErrors, WhatWasSignedIsNotRepeated) {
  const Error error = OfType("InvalidSignatureException", "The Canonical String was x-amz-security-token:secret");
  EXPECT_EQ(error.message.find("secret"), std::string::npos) << error.message;
  const Error lines = OfType("ValidationException", R"(first line\nx-amz-security-token:secret)");
  EXPECT_NE(lines.message.find("first line"), std::string::npos);
  EXPECT_EQ(lines.message.find("secret"), std::string::npos) << lines.message;
  EXPECT_LT(OfType("ValidationException", std::string(100'000, 'x')).message.size(), 1000U);
}

TEST(DynamoDbErrors, WithoutATypeTheStatusDecides) {
  EXPECT_EQ(Answered(500, "").code, Code::kUnavailable);
  EXPECT_EQ(Answered(503, "<html>busy</html>").code, Code::kUnavailable);
  EXPECT_EQ(Answered(429, "").code, Code::kUnavailable);
  EXPECT_EQ(Answered(404, "<html>none</html>").code, Code::kInvalid);
  EXPECT_NE(Answered(404, "<html>none</html>").message.find("check that the endpoint"), std::string::npos);
  EXPECT_EQ(Answered(301, "").code, Code::kInvalid);
  for (const char* const body :
       {"[]", "{", "{}", R"({"__type":1})", R"({"__type":""})", R"({"__type":null,"message":[]})"})
    EXPECT_EQ(Answered(400, body).code, Code::kInvalid) << body;
}

TEST(DynamoDbErrors, RetryAfterIsPassedOn) {
  EXPECT_EQ(Answered(503, "", {{"Retry-After", "7"}}).retry_after, std::chrono::seconds(7));
  EXPECT_EQ(Answered(503, "", {{"Retry-After", "99999999999"}}).retry_after, std::chrono::hours(1));
  EXPECT_EQ(Answered(503, "", {{"Retry-After", "-1"}}).retry_after, std::chrono::seconds(0));
  EXPECT_EQ(Answered(400, "", {{"Retry-After", "7"}}).retry_after, std::chrono::seconds(0));
}

}  // namespace
}  // namespace lambdaml::dynamodb
