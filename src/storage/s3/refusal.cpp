// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/refusal.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace lambdaml::s3 {

namespace {

struct Meaning {
  std::string_view s3_code;
  Code code;
  std::string_view advice;
};

constexpr std::string_view kLater = "it may work later";
constexpr std::string_view kNewCredentials = "get new credentials";

// The others follow from the status.
constexpr std::array kMeanings{
    Meaning{"AccessDenied", Code::kInvalid, "let these credentials do that, or use others"},
    Meaning{"AccountProblem", Code::kInvalid, "ask the owner of the account"},
    Meaning{"BadDigest", Code::kUnavailable, "the value was damaged on its way"},
    Meaning{"ConditionalRequestConflict", Code::kUnavailable, "somebody else wrote it at the same time"},
    Meaning{"ExpiredToken", Code::kInvalid, kNewCredentials},
    Meaning{"IncompleteBody", Code::kUnavailable, kLater},
    Meaning{"InternalError", Code::kUnavailable, kLater},
    Meaning{"InvalidAccessKeyId", Code::kInvalid, "check AWS_ACCESS_KEY_ID or the profile"},
    Meaning{"InvalidToken", Code::kInvalid, kNewCredentials},
    Meaning{"NoSuchKey", Code::kNotFound, "it is not there"},
    Meaning{"NoSuchUpload", Code::kUnavailable, "the upload was aborted by somebody else"},
    Meaning{"OperationAborted", Code::kUnavailable, "somebody else changes it at the same time"},
    Meaning{"PreconditionFailed", Code::kConflict, "somebody else was first"},
    Meaning{"RequestTimeTooSkewed", Code::kInvalid, "set this machine's clock"},
    Meaning{"RequestTimeout", Code::kUnavailable, kLater},
    Meaning{"ServiceUnavailable", Code::kUnavailable, kLater},
    Meaning{"SignatureDoesNotMatch", Code::kInvalid, "check AWS_SECRET_ACCESS_KEY or the profile"},
    Meaning{"SlowDown", Code::kUnavailable, "send fewer requests, or use more prefixes"},
    Meaning{"XAmzContentSHA256Mismatch", Code::kUnavailable, "the value was damaged on its way"},
};

Code CodeOf(int status) {
  switch (status) {
    case 412: return Code::kConflict;
    case 404: return Code::kNotFound;
    case 408:
    case 409:
    case 429: return Code::kUnavailable;
    case 501: return Code::kInvalid;
    default: return status >= 500 ? Code::kUnavailable : Code::kInvalid;
  }
}

std::string_view AdviceOf(int status) {
  switch (CodeOf(status)) {
    case Code::kUnavailable: return kLater;
    case Code::kConflict: return "somebody else was first";
    case Code::kNotFound: return "it is not there";
    default: return status == 401 || status == 403 ? "check the credentials" : "is this an S3 server?";
  }
}

std::string HowToCreate(const Location& location) {
  const std::string server = location.root.substr(0, location.root.find('/', location.root.find("//") + 2));
  const bool aws = location.server.find(".amazonaws.com") != std::string::npos;
  return StrCat("create it with: aws s3 mb s3://", location.bucket,
                aws ? StrCat(" --region ", location.region) : StrCat(" --endpoint-url ", server));
}

bool IsWrongRegion(int status, std::string_view s3_code) {
  return s3_code == "PermanentRedirect" || s3_code == "TemporaryRedirect" ||
         s3_code == "AuthorizationHeaderMalformed" || (status >= 300 && status < 400);
}

std::string RightRegion(std::string_view region) {
  if (region.empty()) return "the bucket is in another region; add ?region=REGION to the URL, or set AWS_REGION";
  return StrCat("the bucket is in ", region, "; add ?region=", region, " to the URL, or set AWS_REGION");
}

Error Judged(const Location& location, std::string_view doing, int status, const Refusal& refusal) {
  Code code = CodeOf(status);
  std::string advice(AdviceOf(status));
  const auto* const meaning = std::ranges::find(kMeanings, refusal.code, &Meaning::s3_code);
  if (meaning != kMeanings.end()) {
    code = meaning->code;
    advice = meaning->advice;
  } else if (refusal.code == "NoSuchBucket") {
    code = Code::kInvalid;
    advice = HowToCreate(location);
  } else if (IsWrongRegion(status, refusal.code)) {
    code = Code::kInvalid;
    advice = RightRegion(refusal.region);
  } else if (code == Code::kNotFound && refusal.code.empty()) {
    code = Code::kInvalid;
    advice = "is this an S3 server?";
  }
  std::string said = refusal.code;
  if (!refusal.message.empty()) said += StrCat(said.empty() ? "" : " ", "(", refusal.message, ")");
  return {code, StrCat(location.name, ": cannot ", doing, ": ", location.server, " answered ",
                       status == 200 ? "" : StrCat(status, said.empty() ? "" : " "), said, "; ", advice)};
}

}  // namespace

// In seconds; the form with a date is not used by S3.
std::chrono::milliseconds RetryAfter(const HttpResponse& response) {
  constexpr std::int64_t kSecondsMax = 3600;
  const auto seconds = ParseInteger(Find(response.headers, "Retry-After"));
  return std::chrono::seconds(seconds ? std::clamp<std::int64_t>(*seconds, 0, kSecondsMax) : 0);
}

Error ErrorOf(const Location& location, std::string_view doing, const HttpResponse& response) {
  Refusal refusal = ParseRefusal(response.body).value_or(Refusal());
  if (refusal.region.empty()) refusal.region = Find(response.headers, "x-amz-bucket-region");
  Error error = Judged(location, doing, response.status, refusal);
  if (error.code == Code::kUnavailable) error.retry_after = RetryAfter(response);
  return error;
}

Error ErrorOf(const Location& location, std::string_view doing, const Refusal& refusal) {
  constexpr int kAnsweredInABatch = 200;
  return Judged(location, doing, kAnsweredInABatch, refusal);
}

}  // namespace lambdaml::s3
