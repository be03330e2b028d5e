// SPDX-License-Identifier: Apache-2.0
#include "platform/function_error.h"

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

TEST(FunctionError, ReadsWhatItWrites) {
  const FunctionError error =
      ParseFunctionError(ToJson({.type = "invalid", .message = "row \"1\"\nbad", .trace = {"one", "two"}}));
  EXPECT_EQ(error.type, "invalid");
  EXPECT_EQ(error.message, "row \"1\"\nbad");
  EXPECT_EQ(error.trace, (std::vector<std::string>{"one", "two"}));
}

TEST(FunctionError, TraceOfAnotherFormIsLeftOut) {
  EXPECT_TRUE(ParseFunctionError(R"({"errorMessage":"m","stackTrace":"one"})").trace.empty());
  EXPECT_EQ(ParseFunctionError(R"({"errorMessage":"m","stackTrace":[1,"one"]})").trace,
            std::vector<std::string>{"one"});
}

TEST(FunctionError, BadBytesAreReplacedNotFatal) {
  EXPECT_EQ(ParseFunctionError(ToJson({.type = "x", .message = "a\xff"})).message, "a\xef\xbf\xbd");
}

TEST(FunctionError, OtherPayloadsAreTheMessage) {
  for (const std::string payload : {"", "null", "[1]", "not json", R"({"errorMessage":7})"}) {
    EXPECT_EQ(ParseFunctionError(payload).message, payload);
  }
}

}  // namespace
}  // namespace lambdaml
