// SPDX-License-Identifier: Apache-2.0
#pragma once

// The config and credentials files that the AWS CLI and SDKs share ("Shared config and credentials files", AWS SDKs and
// Tools Reference Guide), and what they say about one profile.

#include <map>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/result.h"

namespace lambdaml::aws {

using Settings = std::map<std::string, std::string>;
using Sections = std::map<std::string, Settings>;

// "[name]" begins a section, "name = value" is a setting. A line that is indented deeper than the setting above it
// belongs to that one: "addressing_style = path" below "s3 =" is the setting "s3.addressing_style". kInvalid names
// `file` and the line of anything else.
Result<Sections> ParseSections(std::string_view text, std::string_view file);

struct Profile {
  std::string name;    // AWS_PROFILE, or "default"
  std::string files;   // where it was looked for, to be read by people
  Settings settings;   // of both files; the credentials file's win
  Settings services;   // of the section that the setting "services" names, as "dynamodb.endpoint_url"
  bool found = false;  // some file has this profile

  // Empty when it is not set.
  std::string_view Get(std::string_view setting) const;
};

// AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, by default config and credentials in the folder .aws of HOME. A file
// that is absent holds nothing.
Result<Profile> ReadProfile(const Environment& environment);

}  // namespace lambdaml::aws
