// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who signs a request, found as the AWS SDKs find it: the environment, the shared config and credentials files with
// their profiles (also a credential process), the container endpoint, the instance's metadata service (IMDSv2).

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/environment.h"
#include "base/result.h"

namespace lambdaml::aws {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;                    // empty for a user's own key
  std::optional<std::int64_t> expires_unix_ms;  // by then they must be fetched again
};

// Fetches on the first call and again five minutes before they expire. May be used from any thread.
class CredentialChain {
 public:
  CredentialChain(Environment environment, Clock& clock);

  // kInvalid tells where it looked and what to set; kUnavailable when an endpoint does not answer. While the last ones
  // are good they are given even if there are no new ones.
  Result<Credentials> Get();

 private:
  const Environment environment_;
  Clock& clock_;
  std::mutex mutex_;
  std::optional<Credentials> current_;  // these two are guarded by mutex_
  std::int64_t refresh_unix_ms_ = 0;
};

// AWS_REGION, AWS_DEFAULT_REGION, the profile's region, else us-east-1.
std::string RegionOf(const Environment& environment);

// The endpoint set for a service ("S3", "DYNAMODB"): AWS_ENDPOINT_URL_<service>, AWS_ENDPOINT_URL, what the profile's
// services section says of it, the profile's endpoint_url; empty if none is set.
std::string EndpointOf(const Environment& environment, std::string_view service);

}  // namespace lambdaml::aws
