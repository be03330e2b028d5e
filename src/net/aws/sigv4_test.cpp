// SPDX-License-Identifier: Apache-2.0
// The signer against the examples that AWS publishes: those of the S3 API reference, and of the signing test suite.
#include "net/aws/sigv4.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/text.h"

namespace lambdaml::aws {
namespace {

constexpr std::int64_t kS3Date = 1'369'353'600'000;     // 20130524T000000Z
constexpr std::int64_t kSuiteDate = 1'440'938'160'000;  // 20150830T123600Z

const Credentials kS3User{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", {}};
const Credentials kSuiteUser{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", {}};

std::string S3Authorization(HttpRequest request) {
  Signer signer({"s3", "us-east-1"});
  request.url = StrCat("https://examplebucket.s3.amazonaws.com", request.url);
  signer.Sign(request, kS3User, kS3Date);
  return request.headers["Authorization"];
}

std::string S3Expected(std::string_view names, std::string_view signature) {
  return StrCat("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=",
                names, ", Signature=", signature);
}

TEST(Sigv4, S3ExampleOfGetObject) {
  EXPECT_EQ(S3Authorization({.url = "/test.txt", .headers = {{"Range", "bytes=0-9"}}}),
            S3Expected("host;range;x-amz-content-sha256;x-amz-date",
                       "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

TEST(Sigv4, S3ExampleOfPutObject) {
  EXPECT_EQ(S3Authorization(
                {.method = "PUT",
                 .url = StrCat("/", EncodePath("test$file.text")),
                 .headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                 .body = "Welcome to Amazon S3."}),
            S3Expected("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                       "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(Sigv4, S3ExampleOfBucketLifecycle) {
  EXPECT_EQ(S3Authorization({.url = "/?lifecycle"}),
            S3Expected("host;x-amz-content-sha256;x-amz-date",
                       "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(Sigv4, S3ExampleOfListObjects) {
  EXPECT_EQ(S3Authorization({.url = "/?prefix=J&max-keys=2"}),
            S3Expected("host;x-amz-content-sha256;x-amz-date",
                       "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

struct SuiteCase {
  std::string_view name;
  HttpRequest request;
  std::string_view names;
  std::string_view signature;
};

std::vector<SuiteCase> SuiteCases() {
  constexpr std::string_view kPlain = "host;x-amz-date";
  const std::string unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return {
      {"get-vanilla", {.url = "/"}, kPlain, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-vanilla-query-order-key-case",
       {.url = "/?Param2=value2&Param1=value1"},
       kPlain,
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-vanilla-query-order-value",
       {.url = "/?Param1=value2&Param1=value1"},
       kPlain,
       "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
      {"get-vanilla-query-unreserved",
       {.url = StrCat("/?", unreserved, "=", unreserved)},
       kPlain,
       "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
      {"get-unreserved",
       {.url = StrCat("/", unreserved)},
       kPlain,
       "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
      {"get-relative",
       {.url = "/example/.."},
       kPlain,
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-slash", {.url = "//"}, kPlain, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-slash-dot-slash",
       {.url = "/./"},
       kPlain,
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-slash-pointless-dot",
       {.url = "/./example"},
       kPlain,
       "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
      {"get-slashes",
       {.url = "//example//"},
       kPlain,
       "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
      {"get-header-key-duplicate",
       {.url = "/", .headers = {{"My-Header1", "value2,value2,value1"}}},
       "host;my-header1;x-amz-date",
       "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"get-header-value-trim",
       {.url = "/", .headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}},
       "host;my-header1;my-header2;x-amz-date",
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"post-vanilla",
       {.method = "POST", .url = "/"},
       kPlain,
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"post-header-value-case",
       {.method = "POST", .url = "/", .headers = {{"My-Header1", "VALUE1"}}},
       "host;my-header1;x-amz-date",
       "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
      {"post-x-www-form-urlencoded",
       {.method = "POST",
        .url = "/",
        .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
        .body = "Param1=value1"},
       "content-type;host;x-amz-date",
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
  };
}

TEST(Sigv4, CasesOfTheSigningTestSuite) {
  Signer signer({"service", "us-east-1"});
  for (SuiteCase& given : SuiteCases()) {
    HttpRequest& request = given.request;
    request.url = StrCat("https://example.amazonaws.com", request.url);
    signer.Sign(request, kSuiteUser, kSuiteDate);
    EXPECT_EQ(request.headers["Authorization"],
              StrCat("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=",
                     given.names, ", Signature=", given.signature))
        << given.name;
    EXPECT_EQ(Find(request.headers, "X-Amz-Date"), "20150830T123600Z");
    EXPECT_EQ(Find(request.headers, "Host"), "example.amazonaws.com");
  }
}

TEST(Sigv4, EncodesAllButTheUnreserved) {
  EXPECT_EQ(EncodePath("a/../b c+=%~é//"), "a/../b%20c%2B%3D%25~%C3%A9//");
  EXPECT_EQ(EncodeQuery("a/b c&d*'()!"), "a%2Fb%20c%26d%2A%27%28%29%21");
  EXPECT_EQ(Sha256Hex(AsBytes("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sigv4, HostHasAPortOnlyIfItIsNotTheSchemesOwn) {
  Signer signer({"s3", "us-east-1"});
  const auto host = [&signer](std::string url) {
    HttpRequest request{.url = std::move(url)};
    signer.Sign(request, kS3User, kS3Date);
    return request.headers["Host"];
  };
  EXPECT_EQ(host("http://a:80/b"), "a");
  EXPECT_EQ(host("https://a:443"), "a");
  EXPECT_EQ(host("https://a:80?x"), "a:80");
  EXPECT_EQ(host("http://127.0.0.1:9000/b:80"), "127.0.0.1:9000");
  EXPECT_EQ(host("http://[::1]/b"), "[::1]");
}

TEST(Sigv4, PayloadIsUnsignedOnlyForS3) {
  HttpRequest request{.method = "PUT", .url = "https://a/b", .body = "body"};
  Signer({"s3", "us-east-1"}).Sign(request, kS3User, kS3Date, PayloadHash::kUnsigned);
  EXPECT_EQ(Find(request.headers, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  HttpRequest other{.method = "PUT", .url = "https://a/b", .body = "body"};
  Signer({"dynamodb", "us-east-1"}).Sign(other, kS3User, kS3Date, PayloadHash::kUnsigned);
  EXPECT_FALSE(other.headers.contains("x-amz-content-sha256"));
}

TEST(Sigv4, LargeBodyIsSignedAsTheSameBody) {
  const std::string body(100'000, 'x');
  HttpRequest copied{.method = "PUT", .url = "http://a/b", .body = body};
  HttpRequest in_place{.method = "PUT", .url = "http://a/b", .large_body = AsBytes(body)};
  Signer signer({"s3", "us-east-1"});
  signer.Sign(copied, kS3User, kS3Date);
  signer.Sign(in_place, kS3User, kS3Date);
  EXPECT_EQ(copied.headers, in_place.headers);
}

TEST(Sigv4, RequestCanBeSignedAgain) {
  Credentials session = kS3User;
  session.session_token = "token";
  Signer signer({"s3", "us-east-1"});
  HttpRequest fresh{.url = "https://a/b"};
  signer.Sign(fresh, kS3User, kS3Date + 86'400'000);
  HttpRequest again{.url = "https://a/b"};
  signer.Sign(again, session, kS3Date);
  EXPECT_EQ(Find(again.headers, "X-Amz-Security-Token"), "token");
  signer.Sign(again, kS3User, kS3Date + 86'400'000);
  EXPECT_EQ(again.headers, fresh.headers);
}

TEST(Sigv4, ThreadsMayShareASigner) {
  Signer signer({"s3", "us-east-1"});
  const auto sign = [&signer](std::int64_t day) {
    HttpRequest request{.url = "https://a/b"};
    signer.Sign(request, kS3User, kS3Date + day * 86'400'000);
    return request.headers["Authorization"];
  };
  const std::string expected[] = {sign(0), sign(1)};
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) EXPECT_EQ(sign(i % 2), expected[i % 2]);
    });
  }
}

}  // namespace
}  // namespace lambdaml::aws
