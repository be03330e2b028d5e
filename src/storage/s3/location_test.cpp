// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/location.h"

#include <gtest/gtest.h>

namespace lambdaml::s3 {
namespace {

Result<Location> Parse(std::string_view url, std::map<std::string, std::string> variables = {}) {
  variables.emplace("AWS_CONFIG_FILE", "/nowhere");
  return Location::Of(Url::Parse(url).value(), Environment(std::move(variables)));
}

std::string Root(std::string_view url, std::map<std::string, std::string> variables = {}) {
  const auto location = Parse(url, std::move(variables));
  return location.ok() ? location.value().root : location.error().message;
}

TEST(S3Location, IsAtAwsUnlessAnEndpointIsGiven) {
  EXPECT_EQ(Root("s3://data/jobs"), "https://data.s3.us-east-1.amazonaws.com/");
  EXPECT_EQ(Root("s3://data", {{"AWS_REGION", "eu-west-1"}}), "https://data.s3.eu-west-1.amazonaws.com/");
  EXPECT_EQ(Root("s3://data?region=cn-north-1"), "https://data.s3.cn-north-1.amazonaws.com.cn/");
  EXPECT_EQ(Root("s3://data.with.dots"), "https://s3.us-east-1.amazonaws.com/data.with.dots/");
  EXPECT_EQ(Root("s3://data?style=path"), "https://s3.us-east-1.amazonaws.com/data/");
  EXPECT_EQ(Parse("s3://data").value().server, "data.s3.us-east-1.amazonaws.com:443");
  EXPECT_TRUE(Parse("s3://data").value().secure());
}

TEST(S3Location, TakesTheEndpointOfTheUrlBeforeThatOfTheEnvironment) {
  const std::map<std::string, std::string> variables{{"AWS_ENDPOINT_URL", "http://env:1"}};
  EXPECT_EQ(Root("s3://data", variables), "http://env:1/data/");
  EXPECT_EQ(Root("s3://data?endpoint=http://127.0.0.1:9000/", variables), "http://127.0.0.1:9000/data/");
  EXPECT_EQ(Root("s3://data", {{"AWS_ENDPOINT_URL", "http://env:1"}, {"AWS_ENDPOINT_URL_S3", "https://own"}}),
            "https://own/data/");
  EXPECT_EQ(Root("s3://data?endpoint=minio.example:9000"), "https://minio.example:9000/data/");
  EXPECT_EQ(Root("s3://data?endpoint=http://localhost:9000&style=virtual"), "http://data.localhost:9000/");
  EXPECT_EQ(Parse("s3://data?endpoint=http://localhost").value().server, "localhost:80");
  EXPECT_FALSE(Parse("s3://data?endpoint=http://localhost").value().secure());
}

TEST(S3Location, APrefixEndsInASlash) {
  EXPECT_EQ(Parse("s3://data").value().prefix, "");
  EXPECT_EQ(Parse("s3://data/").value().prefix, "");
  EXPECT_EQ(Parse("s3://data/a/b").value().prefix, "a/b/");
  EXPECT_EQ(Parse("s3://data/a/b/").value().prefix, "a/b/");
  EXPECT_EQ(Parse("s3://data//a").value().prefix, "/a/");
}

TEST(S3Location, TrustsWhomItIsTold) {
  EXPECT_EQ(Parse("s3://data").value().ca_file, "");
  EXPECT_EQ(Parse("s3://data", {{"SSL_CERT_FILE", "/s"}}).value().ca_file, "/s");
  EXPECT_EQ(Parse("s3://data", {{"SSL_CERT_FILE", "/s"}, {"AWS_CA_BUNDLE", "/b"}}).value().ca_file, "/b");
  EXPECT_EQ(Parse("s3://data?ca=/c", {{"AWS_CA_BUNDLE", "/b"}}).value().ca_file, "/c");
}

TEST(S3Location, KnowsDirectoryBuckets) {
  const Location location = Parse("s3://fast--usw2-az1--x-s3/job?region=us-west-2").value();
  EXPECT_EQ(location.kind, BucketKind::kDirectory);
  EXPECT_EQ(location.root, "https://fast--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com/");
  EXPECT_EQ(Parse("s3://fast--usw2-az1--x-s4").value().kind, BucketKind::kGeneral);
}

TEST(S3Location, SaysWhatIsWrong) {
  const auto expect = [](std::string_view url, std::string_view said) {
    const auto location = Parse(url);
    ASSERT_FALSE(location.ok()) << url;
    EXPECT_EQ(location.error().code, Code::kInvalid);
    EXPECT_NE(location.error().message.find(said), std::string::npos) << location.error().message;
    EXPECT_EQ(location.error().message.find('\n'), std::string::npos);
    EXPECT_EQ(location.error().message.find("secret"), std::string::npos) << location.error().message;
  };
  expect("s3:", "the bucket is missing; write s3://bucket/prefix");
  expect("s3:///prefix", "the bucket is missing");
  expect("s3://a/b", "cannot be a bucket");
  expect("s3://b:80/x", "cannot be a bucket");
  expect("s3://key:secret@bucket/x", "set AWS_ACCESS_KEY_ID");
  expect("s3://bucket?regoin=x", "no setting 'regoin'; known are ca, endpoint, region and style");
  expect("s3://bucket?region=", "has no value");
  expect("s3://bucket?region=a.evil.example/", "is not a region");
  expect("s3://bucket?style=new", "write path or virtual");
  for (const char* const endpoint : {"ftp://host", "http://", "http://host/path", "http://host?x=secret",
                                     "http://key:secret@host", "http://host:port"}) {
    const auto location = Location::Of(
        Url{.scheme = "s3", .authority = "bucket", .path = {}, .query = {{"endpoint", endpoint}}}, Environment());
    ASSERT_FALSE(location.ok()) << endpoint;
    EXPECT_EQ(location.error().message.find("secret"), std::string::npos) << location.error().message;
  }
  expect("s3://bucket/a\nb", "the prefix: ");
  expect("s3://bucket/" + std::string(600, 'p'), "the prefix: ");
}

}  // namespace
}  // namespace lambdaml::s3
