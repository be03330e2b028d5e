// SPDX-License-Identifier: Apache-2.0
#pragma once

// The places where credentials may come from, one function each. Nothing is found where nothing is set up; an error
// means that something is, but cannot be used. No message holds a key or a token.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "net/aws/credentials.h"
#include "net/aws/profile.h"

namespace lambdaml::aws {

using Found = std::optional<Credentials>;

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
Result<Found> FromEnvironment(const Environment& environment);

// The profile's own keys, or its credential_process.
Result<Found> FromProfile(const Profile& profile);

// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI: ECS, EKS, Lambda's SnapStart, Greengrass.
Result<Found> FromContainer(const Environment& environment);

// The role of an EC2 instance, by version 2 of its metadata service. Where nobody answers at the service's usual
// address there is no instance; AWS_EC2_METADATA_SERVICE_ENDPOINT says that there is one.
Result<Found> FromInstance(const Environment& environment);

// Where FromContainer asks; empty if no container is set up. kInvalid for a host to which no token may be sent.
Result<std::string> ContainerUrl(const Environment& environment);

// A command as a shell splits it: at spaces that stand neither in quotes nor behind a backslash.
Result<std::vector<std::string>> SplitCommand(std::string_view command);

// kInvalid if a key or the token is missing or cannot be one. `from` is for messages.
Result<Credentials> Checked(Credentials credentials, std::string_view from);

// The answer of an endpoint or a process; `token_name` is what it calls the session token.
Result<Credentials> ParseCredentials(std::string_view json, std::string_view token_name, std::string_view from);

// "2024-02-29T23:59:59Z", also with a fraction and with an offset such as "+01:00": milliseconds since 1970.
std::optional<std::int64_t> ParseTimestamp(std::string_view text);

}  // namespace lambdaml::aws
