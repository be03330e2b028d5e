// SPDX-License-Identifier: Apache-2.0
#include "net/aws/credential_source.h"

#include <nlohmann/json.hpp>

#include "base/run_command.h"
#include "base/text.h"

namespace lambdaml::aws {

namespace {

constexpr RunOptions kProcessLimits{.output_bytes_max = 65536, .timeout = std::chrono::seconds(60)};

// Keys that people wrote down, in variables or a file; `where` is for messages.
Result<Found> Written(std::string_view access_key, std::string_view secret_key, std::string_view token,
                      std::string_view where) {
  if (access_key.empty() && secret_key.empty()) return Found();
  return Found(TRY(Checked(
      {std::string(Trim(access_key)), std::string(Trim(secret_key)), std::string(Trim(token)), std::nullopt}, where)));
}

Error Unsupported(const Profile& profile, std::string_view setting) {
  return {Code::kInvalid,
          StrCat("the AWS profile '", profile.name, "' (", profile.files, ") uses ", setting,
                 ", which is not supported: set credential_process = aws configure export-credentials --profile ",
                 profile.name,
                 " in a profile of its own and name that in AWS_PROFILE, or export the variables that "
                 "'aws configure export-credentials --format env' prints")};
}

// The setting that would give credentials in a way that is not supported; empty if there is none. A role is taken
// instead of the profile's own keys, single sign-on only where there are none.
std::string_view UnsupportedSetting(const Profile& profile) {
  for (const std::string_view setting : {"role_arn", "web_identity_token_file"}) {
    if (!profile.Get(setting).empty()) return setting;
  }
  if (!profile.Get("aws_access_key_id").empty() || !profile.Get("credential_process").empty()) return {};
  for (const std::string_view setting : {"sso_session", "sso_start_url", "login_session"}) {
    if (!profile.Get(setting).empty()) return setting;
  }
  return {};
}

Result<Credentials> FromProcess(const Profile& profile) {
  const std::string where = StrCat("the credential_process of the AWS profile '", profile.name, "'");
  const std::vector<std::string> command = TRY(SplitCommand(profile.Get("credential_process")).Context(where));
  const Result<std::string> output = RunCommand(command, kProcessLimits);
  // Whatever it was, the user's own program failed: only the user can tell why.
  if (!output.ok()) return Error{Code::kInvalid, StrCat(where, ": ", output.error().message)};
  const nlohmann::json answer = nlohmann::json::parse(output.value(), nullptr, false);
  if (!answer.is_object() || !answer.contains("Version") || answer["Version"] != 1) {
    return Error{Code::kInvalid, StrCat(where, " did not print a JSON object with \"Version\": 1")};
  }
  return ParseCredentials(output.value(), "SessionToken", where);
}

}  // namespace

Result<std::vector<std::string>> SplitCommand(std::string_view command) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (quote == '\0' && (c == ' ' || c == '\t')) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '\\' && quote != '\'' && i + 1 < command.size()) {
      words.back() += command[++i];
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = '\0';
    } else {
      words.back() += c;
    }
  }
  if (quote != '\0') return Error{Code::kInvalid, "a quotation is not closed"};
  if (words.empty()) return Error{Code::kInvalid, "it names no program"};
  return words;
}

Result<Found> FromEnvironment(const Environment& environment) {
  return Written(environment.Get("AWS_ACCESS_KEY_ID"), environment.Get("AWS_SECRET_ACCESS_KEY"),
                 environment.Get("AWS_SESSION_TOKEN"), "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
}

Result<Found> FromProfile(const Profile& profile) {
  const std::string_view unsupported = UnsupportedSetting(profile);
  if (!unsupported.empty()) return Unsupported(profile, unsupported);
  const Found written = TRY(
      Written(profile.Get("aws_access_key_id"), profile.Get("aws_secret_access_key"), profile.Get("aws_session_token"),
              StrCat("aws_access_key_id and aws_secret_access_key of the AWS profile '", profile.name, "'")));
  if (written || profile.Get("credential_process").empty()) return written;
  return Found(TRY(FromProcess(profile)));
}

}  // namespace lambdaml::aws
