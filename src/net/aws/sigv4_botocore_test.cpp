// SPDX-License-Identifier: Apache-2.0
// The signer against the AWS SDK for Python: the same requests, the same URLs and Authorization headers.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/run_command.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "net/aws/sigv4.h"

namespace lambdaml::aws {
namespace {

constexpr std::string_view kTimestamp = "20240229T235959Z";
constexpr std::int64_t kUnixMs = 1'709'251'199'999;

struct Shape {
  std::string service = "s3";
  std::string method = "GET";
  std::string endpoint = "https://bucket.s3.eu-central-1.amazonaws.com";
  std::string prefix = "/";  // of the path, as it is sent
  std::string name = {};     // what is encoded
  std::string suffix = {};
  std::vector<std::pair<std::string, std::optional<std::string>>> query = {};
  std::map<std::string, std::string> headers = {};
  std::string body = {};
  std::string session_token = {};
  bool payload_signed = true;
};

std::vector<Shape> ShapesOfKeys() {
  std::vector<Shape> shapes;
  for (const std::string key : {"plain", "with space", "unicode-äöü-日本-🎈", "plus+equals=and&semi;", "percent%41%2F%",
                                "(paren)[bracket]{brace}", "bang!star*quote'", "tilde~colon:at@comma,dollar$",
                                "double//slash//", "dots/./and/../dots", "../up", "trailing/", "question?hash#",
                                "back\\slash|pipe^caret`\"<>", "%7E%7e", "-._~"}) {
    for (const std::string method : {"GET", "PUT"}) {
      shapes.push_back({.method = method, .name = key, .body = method == "PUT" ? "value of " + key : ""});
    }
  }
  return shapes;
}

std::vector<Shape> ShapesOfS3() {
  const std::string local = "http://127.0.0.1:9000";
  return {
      {.method = "HEAD", .name = "key"},
      {.method = "DELETE", .name = "key"},
      {.method = "POST",
       .query = {{"delete", std::nullopt}},
       .headers = {{"Content-MD5", "abc=="}},
       .body = "<Delete/>"},
      {.method = "POST", .name = "big", .query = {{"uploads", std::nullopt}}},
      {.method = "PUT", .name = "big", .query = {{"uploadId", "a+b/c=="}, {"partNumber", "12"}}, .body = "part"},
      {.method = "DELETE", .name = "big", .query = {{"uploadId", "x"}}},
      {.query = {{"prefix", "a b/+=&%/ü"}, {"list-type", "2"}, {"max-keys", "1000"}}},
      {.query = {{"list-type", "2"}, {"continuation-token", "1/2+3=="}, {"delimiter", "/"}, {"prefix", ""}}},
      {.query = {{"a-b", "1"}, {"a", "2"}, {"A", "3"}, {"a", "1"}, {"a%", "4"}}},
      {.endpoint = local, .prefix = "/bucket/", .name = "a b"},
      {.endpoint = "http://localhost:80", .prefix = "/bucket/", .name = "key"},
      {.endpoint = "https://localhost:443", .prefix = "/bucket/", .name = "key"},
      {.name = "key", .headers = {{"Range", "bytes=0-9"}, {"If-None-Match", "\"etag\""}}},
      {.method = "PUT", .name = "key", .headers = {{"If-None-Match", "*"}, {"x-amz-meta-Note", "  two   spaces "}}},
      {.method = "PUT", .name = "key", .body = "b", .session_token = "IQoJb3JpZ2luX2VjE+/=="},
      {.method = "PUT", .name = "key", .body = "b", .payload_signed = false},
      {.method = "PUT", .name = "key", .body = "b", .session_token = "token", .payload_signed = false},
  };
}

std::vector<Shape> ShapesOfOtherServices() {
  const std::string lambda = "https://lambda.eu-central-1.amazonaws.com";
  const std::string arn = "arn:aws:lambda:eu-central-1:123456789012:function:my_function:$LATEST";
  const std::map<std::string, std::string> dynamodb{{"Content-Type", "application/x-amz-json-1.0"},
                                                    {"X-Amz-Target", "DynamoDB_20120810.GetItem"}};
  return {
      {.service = "lambda",
       .method = "POST",
       .endpoint = lambda,
       .prefix = "/2015-03-31/functions/",
       .name = arn,
       .suffix = "/invocations",
       .headers = {{"X-Amz-Invocation-Type", "Event"}},
       .body = "{}"},
      {.service = "lambda",
       .endpoint = lambda,
       .prefix = "/2015-03-31/functions/",
       .name = "name with space/ü%",
       .query = {{"Qualifier", "$LATEST"}}},
      {.service = "lambda", .method = "DELETE", .endpoint = lambda, .prefix = "/2017-03-31/tags/", .name = arn},
      {.service = "lambda", .endpoint = lambda, .prefix = "//a/./b/../c//", .name = "d", .suffix = "/"},
      {.service = "lambda", .endpoint = lambda, .prefix = ""},
      {.service = "dynamodb",
       .method = "POST",
       .endpoint = "https://dynamodb.eu-central-1.amazonaws.com",
       .headers = dynamodb,
       .body = R"({"TableName": "t", "Key": {"k": {"S": "ü"}}})"},
      {.service = "dynamodb",
       .method = "POST",
       .endpoint = "http://127.0.0.1:8000",
       .headers = dynamodb,
       .body = "{}",
       .session_token = "token"},
      {.service = "sts",
       .endpoint = "https://sts.amazonaws.com",
       .query = {{"Version", "2011-06-15"}, {"Action", "X"}}},
  };
}

std::vector<Shape> Shapes() {
  std::vector<Shape> shapes = ShapesOfKeys();
  for (const auto& more : {ShapesOfS3(), ShapesOfOtherServices()})
    shapes.insert(shapes.end(), more.begin(), more.end());
  return shapes;
}

std::string UrlOf(const Shape& shape) {
  const std::string name = shape.service == "s3" ? EncodePath(shape.name) : EncodeQuery(shape.name);
  std::string url = StrCat(shape.endpoint, shape.prefix, name, shape.suffix);
  std::string_view separator = "?";
  for (const auto& [key, value] : shape.query) {
    url += StrCat(separator, EncodeQuery(key), value ? StrCat("=", EncodeQuery(*value)) : "");
    separator = "&";
  }
  return url;
}

const Credentials kUser{"AKIDEXAMPLE", "secret/key+with=all", "", {}};

std::string Signed(const Shape& shape) {
  HttpRequest request{.method = shape.method, .url = UrlOf(shape), .body = shape.body};
  request.headers.insert(shape.headers.begin(), shape.headers.end());
  Credentials credentials = kUser;
  credentials.session_token = shape.session_token;
  Signer({shape.service, "eu-central-1"})
      .Sign(request, credentials, kUnixMs, shape.payload_signed ? PayloadHash::kSigned : PayloadHash::kUnsigned);
  return StrCat(request.url, " ", request.headers["Authorization"]);
}

nlohmann::json ToJson(const Shape& shape) {
  nlohmann::json query = nlohmann::json::array();
  for (const auto& [name, value] : shape.query) {
    query.push_back({name, value ? nlohmann::json(*value) : nlohmann::json(nullptr)});
  }
  return {{"service", shape.service},
          {"region", "eu-central-1"},
          {"method", shape.method},
          {"endpoint", shape.endpoint},
          {"prefix", shape.prefix},
          {"name", shape.name},
          {"suffix", shape.suffix},
          {"query", query},
          {"headers", shape.headers},
          {"body", shape.body},
          {"timestamp", kTimestamp},
          {"access_key", kUser.access_key},
          {"secret_key", kUser.secret_key},
          {"session_token", shape.session_token},
          {"payload_signed", shape.payload_signed}};
}

TEST(Sigv4Botocore, SignsAsTheSdkForPython) {
  const auto folder = TemporaryFolder::Make();
  ASSERT_TRUE(folder.ok());
  const std::vector<Shape> shapes = Shapes();
  nlohmann::json all = nlohmann::json::array();
  for (const Shape& shape : shapes) all.push_back(ToJson(shape));
  const std::string file = folder.value().path() / "shapes.json";
  ASSERT_TRUE(WriteFileAtomically(file, AsBytes(all.dump()), Durability::kProcess).ok());

  const char* const home = std::getenv("HOME");
  ASSERT_NE(home, nullptr);
  const std::string python = StrCat(home, "/.cache/lambdaml/tools/moto/bin/python");
  const auto output = RunCommand({python, LAMBDAML_SOURCE "/src/net/aws/testing/botocore_signer.py", file});
  ASSERT_TRUE(output.ok()) << output.error().message << " (./dev setup test installs what it needs)";
  const auto lines = SplitText(Trim(output.value()), '\n');
  ASSERT_EQ(lines.size(), shapes.size());
  for (std::size_t i = 0; i < shapes.size(); ++i) EXPECT_EQ(Signed(shapes[i]), lines[i]) << ToJson(shapes[i]);
}

}  // namespace
}  // namespace lambdaml::aws
