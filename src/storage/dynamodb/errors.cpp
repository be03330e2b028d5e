// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/errors.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace lambdaml::dynamodb {

namespace {

constexpr std::size_t kMessageBytesMax = 300;
constexpr std::int64_t kRetryAfterSecondsMax = 3600;

enum class Advice { kNone, kCapacity, kCredentials, kPermission };

struct Meaning {
  std::string_view type;
  Code code;
  Advice advice = Advice::kNone;
};

// Every other type is kInvalid below status 500 and kUnavailable from there on.
constexpr Meaning kMeanings[] = {
    {"ConditionalCheckFailedException", Code::kConflict},
    {"ResourceInUseException", Code::kConflict},
    {"ResourceNotFoundException", Code::kNotFound},
    {"ProvisionedThroughputExceededException", Code::kUnavailable, Advice::kCapacity},
    {"ThrottlingException", Code::kUnavailable, Advice::kCapacity},
    {"Throttling", Code::kUnavailable, Advice::kCapacity},
    {"RequestLimitExceeded", Code::kUnavailable, Advice::kCapacity},
    {"LimitExceededException", Code::kUnavailable, Advice::kCapacity},
    {"TransactionConflictException", Code::kUnavailable},
    {"TransactionInProgressException", Code::kUnavailable},
    {"RequestTimeoutException", Code::kUnavailable},
    {"InternalServerError", Code::kUnavailable},
    {"InternalFailure", Code::kUnavailable},
    {"ServiceUnavailable", Code::kUnavailable},
    {"UnrecognizedClientException", Code::kInvalid, Advice::kCredentials},
    {"InvalidClientTokenId", Code::kInvalid, Advice::kCredentials},
    {"InvalidSignatureException", Code::kInvalid, Advice::kCredentials},
    {"SignatureDoesNotMatch", Code::kInvalid, Advice::kCredentials},
    {"IncompleteSignatureException", Code::kInvalid, Advice::kCredentials},
    {"IncompleteSignature", Code::kInvalid, Advice::kCredentials},
    {"MissingAuthenticationTokenException", Code::kInvalid, Advice::kCredentials},
    {"MissingAuthenticationToken", Code::kInvalid, Advice::kCredentials},
    {"ExpiredTokenException", Code::kInvalid, Advice::kCredentials},
    {"ExpiredToken", Code::kInvalid, Advice::kCredentials},
    {"AccessDeniedException", Code::kInvalid, Advice::kPermission},
    {"AccessDenied", Code::kInvalid, Advice::kPermission},
};

Meaning MeaningOf(std::string_view type, int status) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.type == type) return meaning;
  }
  const bool passes = status >= 500 || status == 429 || status == 408;
  return {.type = type, .code = passes ? Code::kUnavailable : Code::kInvalid};
}

std::string Field(const nlohmann::json& answer, const char* name) {
  if (!answer.is_object()) return {};
  const auto at = answer.find(name);
  const std::string* const text = at == answer.end() ? nullptr : at->get_ptr<const std::string*>();
  return text == nullptr ? std::string() : *text;
}

// "com.amazonaws.dynamodb.v20120810#Type" and "Type:http://..." are both "Type".
std::string TypeOf(const nlohmann::json& answer) {
  std::string type = Field(answer, "__type");
  type = type.substr(type.find('#') == std::string::npos ? 0 : type.find('#') + 1);
  return type.substr(0, type.find(':'));
}

// The first line: behind it, the service repeats what was signed.
std::string Sentence(const nlohmann::json& answer, Advice advice) {
  if (advice == Advice::kCredentials) return {};
  std::string text = Field(answer, "message");
  if (text.empty()) text = Field(answer, "Message");
  text.resize(std::min({text.find('\n'), text.size(), kMessageBytesMax}));
  return text;
}

std::string AdviceText(Advice advice, std::string_view operation, const Settings& settings) {
  switch (advice) {
    case Advice::kCapacity: return StrCat("; use fewer workers or give table ", settings.table, " more capacity");
    case Advice::kCredentials:
      return StrCat(
          "; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN or the profile, the region ",
          settings.region, ", and this machine's clock");
    case Advice::kPermission: return StrCat("; allow dynamodb:", operation, " on table ", settings.table);
    case Advice::kNone: break;
  }
  return {};
}

}  // namespace

Error ErrorOf(const HttpResponse& response, std::string_view operation, const Settings& settings) {
  const auto answer = nlohmann::json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  const std::string type = TypeOf(answer);
  const Meaning meaning = MeaningOf(type, response.status);
  std::string cause = type.empty() ? response.Summary() : type;
  const std::string sentence = Sentence(answer, meaning.advice);
  if (!type.empty() && !sentence.empty()) cause += StrCat(": ", sentence);
  if (type == "ValidationException" && sentence.find("key") != std::string::npos)
    cause += "; a store needs a table with one key, k, a string, as ?create=true makes it";
  if (type.empty() && meaning.code == Code::kInvalid) cause += "; check that the endpoint is DynamoDB's";
  Error error{meaning.code, StrCat(settings.name, ": ", operation, " at ", settings.server(), ": ", cause,
                                   AdviceText(meaning.advice, operation, settings))};
  const std::optional<std::int64_t> seconds = ParseInteger(Find(response.headers, "Retry-After"));
  if (error.code == Code::kUnavailable && seconds && *seconds > 0)
    error.retry_after = std::chrono::seconds(std::min(*seconds, kRetryAfterSecondsMax));
  return error;
}

}  // namespace lambdaml::dynamodb
