// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/refusal.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace lambdaml::s3 {
namespace {

const Location kAtAws{.name = "s3://data/job",
                      .bucket = "data",
                      .prefix = "job/",
                      .region = "eu-west-1",
                      .root = "https://data.s3.eu-west-1.amazonaws.com/",
                      .server = "data.s3.eu-west-1.amazonaws.com:443",
                      .ca_file = {}};

Error Judge(int status, std::string_view code, HttpHeaders headers = {}) {
  std::string body;
  if (!code.empty()) body = StrCat("<Error><Code>", code, "</Code><Message>Words.</Message></Error>");
  return ErrorOf(kAtAws, "read a/b", {.status = status, .headers = std::move(headers), .body = std::move(body)});
}

TEST(S3Refusal, MeansWhatTheCallerDoesNext) {
  struct Case {
    int status;
    std::string_view s3_code;
    Code code;
  };
  for (const Case& expected : {Case{403, "AccessDenied", Code::kInvalid},
                               Case{403, "InvalidAccessKeyId", Code::kInvalid},
                               Case{403, "SignatureDoesNotMatch", Code::kInvalid},
                               Case{400, "ExpiredToken", Code::kInvalid},
                               Case{403, "RequestTimeTooSkewed", Code::kInvalid},
                               Case{403, "", Code::kInvalid},
                               Case{404, "NoSuchBucket", Code::kInvalid},
                               Case{404, "NoSuchKey", Code::kNotFound},
                               Case{404, "", Code::kInvalid},
                               Case{405, "MethodNotAllowed", Code::kInvalid},
                               Case{409, "ConditionalRequestConflict", Code::kUnavailable},
                               Case{409, "OperationAborted", Code::kUnavailable},
                               Case{412, "PreconditionFailed", Code::kConflict},
                               Case{400, "RequestTimeout", Code::kUnavailable},
                               Case{400, "KeyTooLongError", Code::kInvalid},
                               Case{301, "PermanentRedirect", Code::kInvalid},
                               Case{307, "TemporaryRedirect", Code::kInvalid},
                               Case{400, "AuthorizationHeaderMalformed", Code::kInvalid},
                               Case{429, "", Code::kUnavailable},
                               Case{500, "InternalError", Code::kUnavailable},
                               Case{501, "NotImplemented", Code::kInvalid},
                               Case{502, "", Code::kUnavailable},
                               Case{503, "SlowDown", Code::kUnavailable},
                               Case{504, "", Code::kUnavailable},
                               Case{200, "InternalError", Code::kUnavailable}}) {
    EXPECT_EQ(Judge(expected.status, expected.s3_code).code, expected.code) << expected.status << expected.s3_code;
  }
}

TEST(S3Refusal, NamesStoreServerCauseAndAdvice) {
  EXPECT_EQ(Judge(403, "SignatureDoesNotMatch").message,
            "s3://data/job: cannot read a/b: data.s3.eu-west-1.amazonaws.com:443 answered 403 SignatureDoesNotMatch "
            "(Words.); check AWS_SECRET_ACCESS_KEY or the profile");
  EXPECT_EQ(Judge(502, "").message,
            "s3://data/job: cannot read a/b: data.s3.eu-west-1.amazonaws.com:443 answered 502; it may work later");
  EXPECT_TRUE(Judge(404, "NoSuchBucket").message.ends_with("create it with: aws s3 mb s3://data --region eu-west-1"));
}

TEST(S3Refusal, TellsTheRightRegion) {
  EXPECT_TRUE(
      Judge(301, "PermanentRedirect", {{"x-amz-bucket-region", "us-west-2"}})
          .message.ends_with("the bucket is in us-west-2; add ?region=us-west-2 to the URL, or set AWS_REGION"));
  const HttpResponse malformed{
      .status = 400,
      .headers = {},
      .body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>sa-east-1</Region></Error>"};
  EXPECT_NE(ErrorOf(kAtAws, "list", malformed).message.find("?region=sa-east-1"), std::string::npos);
  EXPECT_NE(Judge(301, "").message.find("add ?region=REGION"), std::string::npos);
}

TEST(S3Refusal, HonoursRetryAfterWithinReason) {
  EXPECT_EQ(Judge(503, "SlowDown", {{"Retry-After", "7"}}).retry_after, std::chrono::seconds(7));
  EXPECT_EQ(Judge(503, "SlowDown").retry_after, std::chrono::seconds(0));
  EXPECT_EQ(Judge(503, "SlowDown", {{"Retry-After", "soon"}}).retry_after, std::chrono::seconds(0));
  EXPECT_EQ(Judge(503, "SlowDown", {{"Retry-After", "-5"}}).retry_after, std::chrono::seconds(0));
  EXPECT_EQ(Judge(503, "SlowDown", {{"Retry-After", "999999999"}}).retry_after, std::chrono::hours(1));
  EXPECT_EQ(Judge(403, "AccessDenied", {{"Retry-After", "7"}}).retry_after, std::chrono::seconds(0));
}

}  // namespace
}  // namespace lambdaml::s3
