// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/settings.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "net/http.h"
#include "storage/key_rules.h"
#include "storage/settings.h"

namespace lambdaml::redis {

namespace {

constexpr int kPort = 6379;
constexpr std::int64_t kDatabaseMax = 1'000'000;

Error Wrong(const Url& url, std::string_view why) { return {Code::kInvalid, StrCat(url.Printable(), ": ", why)}; }

bool HasTls(const Url& url) { return url.scheme == "rediss"; }

std::string Setting(const Url& url, const std::string& name) {
  const auto at = url.query.find(name);
  return at == url.query.end() ? "" : at->second;
}

Result<void> CheckNames(const Url& url) {
  const std::vector<std::string> known =
      HasTls(url) ? std::vector<std::string>{"ca", "db", "ttl"} : std::vector<std::string>{"db", "tls", "ttl"};
  for (const auto& [name, value] : url.query) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return Wrong(url, StrCat("no setting of ", url.scheme, ":// is called '", name, "'; known are ",
                             JoinWith(", ", known), ", and those of every store"));
  }
  return {};
}

// What cannot be read may be a part of a password, so it is not shown.
Result<Endpoint> ParseEndpoint(const Url& url) {
  const std::size_t at = url.authority.rfind('@');
  Result<Endpoint> endpoint =
      Endpoint::Parse(std::string_view(url.authority).substr(at == std::string::npos ? 0 : at + 1), kPort);
  if (endpoint.ok() && url.path.find('@') == std::string::npos) return endpoint;
  return Error{Code::kInvalid, StrCat("the URL of a ", url.scheme, ":// store is not right: write ", url.scheme,
                                      "://host:6379/prefix or ", url.scheme,
                                      "://user:password@host:6379/prefix, with a / ? # @ : % of ",
                                      "the password as %2F %3F %23 %40 %3A %25")};
}

void ReadCredentials(const Url& url, const Environment& environment, Settings& settings) {
  const std::size_t at = url.authority.rfind('@');
  const std::string_view given = std::string_view(url.authority).substr(0, at == std::string::npos ? 0 : at);
  const std::size_t colon = std::min(given.find(':'), given.size());
  settings.user = PercentDecoded(given.substr(0, colon));
  settings.password = PercentDecoded(given.substr(std::min(colon + 1, given.size())));
  if (settings.user.empty() && settings.password.empty()) settings.user = environment.Get("LAMBDAML_CHANNEL_USER");
  if (settings.password.empty()) settings.password = environment.Get("LAMBDAML_CHANNEL_PASSWORD");
}

// Without '/' at its ends, with one behind it.
Result<std::string> ParsePrefix(const Url& url) {
  std::string_view path = url.path;
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return std::string();
  std::string prefix = StrCat(path, "/");
  TRY(CheckKey(Key(prefix)).Context(url.Printable()));
  return prefix;
}

Result<int> ParseDatabase(const Url& url) {
  if (!url.query.contains("db")) return 0;
  const std::string given = Setting(url, "db");
  const std::optional<std::int64_t> number = ParseInteger(given);
  if (number && *number >= 0 && *number <= kDatabaseMax) return static_cast<int>(*number);
  return Wrong(url, StrCat("db=", given, " must be the number of a database, from 0 on"));
}

Result<std::chrono::milliseconds> ParseTtl(const Url& url) {
  if (!url.query.contains("ttl")) return std::chrono::milliseconds(0);
  const std::string given = Setting(url, "ttl");
  const std::optional<Clock::Duration> ttl = ParseDuration(given);
  if (ttl && *ttl >= std::chrono::seconds(1)) return std::chrono::ceil<std::chrono::milliseconds>(*ttl);
  return Wrong(url, StrCat("ttl=", given, " must be a duration from 1s on, such as 1h or 7d"));
}

Result<std::optional<TlsTrust>> LoadTrust(const Url& url, const Endpoint& endpoint, const Environment& environment) {
  if (HasTls(url)) {
    const std::string file = url.query.contains("ca") ? Setting(url, "ca") : environment.Get("SSL_CERT_FILE");
    return std::optional(TRY(TlsTrust::Load(file).Context(url.Printable())));
  }
  const bool off = url.query.contains("tls");
  if (off && Setting(url, "tls") != "off") {
    return Wrong(url, StrCat("tls=", Setting(url, "tls"), " must be off; for TLS write rediss://"));
  }
  if (!off && !endpoint.IsLoopback()) {
    return Wrong(url, "this would send data unencrypted: write rediss://, or add ?tls=off");
  }
  return std::optional<TlsTrust>();
}

}  // namespace

Result<Settings> ParseSettings(const Url& url, const Environment& environment) {
  Settings settings{.endpoint = TRY(ParseEndpoint(url))};
  TRY(CheckNames(url));
  ReadCredentials(url, environment, settings);
  settings.prefix = TRY(ParsePrefix(url));
  settings.database = TRY(ParseDatabase(url));
  settings.ttl = TRY(ParseTtl(url));
  settings.trust = TRY(LoadTrust(url, settings.endpoint, environment));
  return settings;
}

}  // namespace lambdaml::redis
