// SPDX-License-Identifier: Apache-2.0
#include "net/aws/credentials.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "net/aws/credential_source.h"
#include "net/aws/profile.h"
#include "net/http.h"

namespace lambdaml::aws {

namespace {

constexpr std::int64_t kRefreshBeforeMs = 300'000;
constexpr std::int64_t kRefreshPauseMs = 30'000;  // after one that failed, or gave what expires sooner

Error NothingFound(const Profile& profile) {
  const std::string files = profile.files.empty()
                                ? "HOME is not set, so that no file was read"
                                : StrCat(profile.files, " hold none for the profile '", profile.name, "'");
  return {Code::kInvalid,
          StrCat("no AWS credentials: AWS_ACCESS_KEY_ID is not set, ", files,
                 ", and neither a container's nor an instance's endpoint gives any: set AWS_ACCESS_KEY_ID and "
                 "AWS_SECRET_ACCESS_KEY, or run 'aws configure', or name another profile in AWS_PROFILE")};
}

Result<Credentials> Fetch(const Environment& environment) {
  Found found = TRY(FromEnvironment(environment));
  if (found) return *std::move(found);
  const Profile profile = TRY(ReadProfile(environment));
  if (!profile.found && !environment.Get("AWS_PROFILE").empty()) {
    return Error{Code::kInvalid, StrCat("AWS_PROFILE is '", profile.name, "', which is no profile of ", profile.files,
                                        ": name one that is there, or set AWS_ACCESS_KEY_ID")};
  }
  // Taken first by the AWS SDKs too; going on would sign as somebody else, such as the node of a cluster.
  if (!environment.Get("AWS_WEB_IDENTITY_TOKEN_FILE").empty()) {
    return Error{Code::kInvalid,
                 "AWS_WEB_IDENTITY_TOKEN_FILE is set, which is not supported: export the variables that 'aws configure "
                 "export-credentials --format env' prints"};
  }
  found = TRY(FromProfile(profile));
  if (!found) found = TRY(FromContainer(environment));
  if (!found) found = TRY(FromInstance(environment));
  if (found) return *std::move(found);
  return NothingFound(profile);
}

std::int64_t RefreshTime(const Credentials& credentials, std::int64_t now) {
  if (!credentials.expires_unix_ms) return std::numeric_limits<std::int64_t>::max();
  return std::max(*credentials.expires_unix_ms - kRefreshBeforeMs, now + kRefreshPauseMs);
}

// An unreadable file is reported when credentials are looked for.
Profile ProfileOrNone(const Environment& environment) {
  Result<Profile> profile = ReadProfile(environment);
  return profile.ok() ? std::move(profile).value() : Profile();
}

}  // namespace

CredentialChain::CredentialChain(Environment environment, Clock& clock)
    : environment_(std::move(environment)), clock_(clock) {}

Result<Credentials> CredentialChain::Get() {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = clock_.UnixMs();
  if (current_ && now < refresh_unix_ms_ && now < current_->expires_unix_ms.value_or(now + 1)) return *current_;
  Result<Credentials> fetched = Fetch(environment_);
  if (fetched.ok() && fetched.value().expires_unix_ms.value_or(now + 1) <= now) {
    fetched = Error{Code::kUnavailable, "the AWS credentials that were found have expired: renew them"};
  }
  if (fetched.ok()) {
    current_ = std::move(fetched).value();
    refresh_unix_ms_ = RefreshTime(*current_, now);
    return *current_;
  }
  if (!current_) return fetched;
  if (*current_->expires_unix_ms <= now) {  // they were there, so they may come again
    return Error{Code::kUnavailable, StrCat("the AWS credentials have expired: ", fetched.error().message)};
  }
  refresh_unix_ms_ = now + kRefreshPauseMs;
  return *current_;
}

std::string RegionOf(const Environment& environment) {
  for (const std::string_view variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    std::string region = environment.Get(variable);
    if (!region.empty()) return region;
  }
  const std::string region(ProfileOrNone(environment).Get("region"));
  return region.empty() ? "us-east-1" : region;
}

std::string EndpointOf(const Environment& environment, std::string_view service) {
  if (environment.Get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true") return {};
  for (const std::string& variable : {StrCat("AWS_ENDPOINT_URL_", service), std::string("AWS_ENDPOINT_URL")}) {
    std::string endpoint = environment.Get(variable);
    if (!endpoint.empty()) return endpoint;
  }
  const Profile profile = ProfileOrNone(environment);
  const auto of_service = profile.services.find(StrCat(LowerCase(service), ".endpoint_url"));
  if (of_service != profile.services.end()) return of_service->second;
  return std::string(profile.Get("endpoint_url"));
}

}  // namespace lambdaml::aws
