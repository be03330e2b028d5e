// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who signs a request, found as the AWS SDKs find it: the environment, the shared config and credentials files with
// their profiles, the container endpoint, the instance's metadata service (IMDSv2), or a credential process.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

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
  ~CredentialChain();

  // kInvalid tells where it looked and what to set; kUnavailable when an endpoint does not answer.
  Result<Credentials> Get();

 private:
  class Source;
  std::unique_ptr<Source> source_;
};

// AWS_REGION, AWS_DEFAULT_REGION, the profile's region, else us-east-1.
std::string RegionOf(const Environment& environment);

// The endpoint set for a service ("S3", "DYNAMODB"): AWS_ENDPOINT_URL_<service>, AWS_ENDPOINT_URL, the profile's
// endpoint_url; empty if none is set.
std::string EndpointOf(const Environment& environment, std::string_view service);

}  // namespace lambdaml::aws
