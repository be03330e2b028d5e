// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/settings.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "net/http.h"
#include "storage/key_rules.h"
#include "storage/memcached/reply.h"
#include "storage/memcached/wire_key.h"
#include "storage/settings.h"

namespace lambdaml::memcached {

namespace {

constexpr int kPort = 11211;
constexpr std::size_t kPrefixBytesMax = 120;  // leaves half of a wire key to the keys
constexpr std::uint64_t kItemBytesMin = 1000;

// With its key and header such a value is just below 1 MiB, the largest item of a server that is started without -I.
constexpr std::uint64_t kItemBytes = 1'000'000;

Error Wrong(const Url& url, std::string_view why) { return {Code::kInvalid, StrCat(url.Printable(), ": ", why)}; }

Result<void> CheckNames(const Url& url) {
  const std::vector<std::string> known{"ca", "discovery", "item", "tls", "ttl"};
  for (const auto& [name, value] : url.query) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return Wrong(url, StrCat("no setting is called '", name, "'; known are ", JoinWith(", ", known)));
  }
  return {};
}

std::string Setting(const Url& url, const std::string& name) {
  const auto at = url.query.find(name);
  return at == url.query.end() ? "" : at->second;
}

Result<bool> Switch(const Url& url, const std::string& name, bool by_default) {
  if (!url.query.contains(name)) return by_default;
  const std::string given = Setting(url, name);
  if (given != "on" && given != "off") return Wrong(url, StrCat(name, "=", given, " must be on or off"));
  return given == "on";
}

Result<std::vector<Endpoint>> ParseEndpoints(const Url& url, std::string_view hosts) {
  if (hosts.empty()) return Wrong(url, "name the server, as in memcached://127.0.0.1:11211/prefix");
  std::set<Endpoint> seen;
  std::vector<Endpoint> endpoints;
  for (const std::string_view host : SplitText(hosts, ',')) {
    const Result<Endpoint> endpoint = Endpoint::Parse(host, kPort);
    // What is no endpoint may be a piece of a password, so it is not repeated.
    if (!endpoint.ok() || url.path.find('@') != std::string::npos) {
      return Wrong(url,
                   "write each server as host or host:port, and / ? # @ : % in a password as %2F %3F %23 %40 %3A %25");
    }
    endpoints.push_back(endpoint.value());
    if (!seen.insert(endpoints.back()).second) {
      return Wrong(url, StrCat("the node ", endpoints.back().text(), " is named twice"));
    }
  }
  return endpoints;
}

// Without its '/' at both ends, with one behind it.
Result<std::string> ParsePrefix(const Url& url) {
  std::string_view path = url.path;
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return std::string();
  const std::string prefix = StrCat(path, "/");
  TRY(CheckKey(Key(prefix)).Context(url.Printable()));
  if (ToWireKey(prefix).size() > kPrefixBytesMax) {
    return Wrong(url, StrCat("the prefix may have ", kPrefixBytesMax - 1, " bytes, where a space and % count three"));
  }
  return prefix;
}

Result<void> ParseCredentials(const Url& url, const Environment& environment, Settings& settings) {
  const std::size_t at = url.authority.rfind('@');
  const std::string_view given = std::string_view(url.authority).substr(0, at == std::string::npos ? 0 : at);
  const std::size_t colon = std::min(given.find(':'), given.size());
  settings.user = PercentDecoded(given.substr(0, colon));
  if (settings.user.empty()) settings.user = environment.Get("LAMBDAML_CHANNEL_USER");
  settings.password = PercentDecoded(given.substr(std::min(colon + 1, given.size())));
  if (settings.password.empty()) settings.password = environment.Get("LAMBDAML_CHANNEL_PASSWORD");
  if (settings.user.empty() != settings.password.empty()) {
    return Wrong(
        url, StrCat("a user and a password go together, but there is no ",
                    settings.user.empty() ? "user (LAMBDAML_CHANNEL_USER)" : "password (LAMBDAML_CHANNEL_PASSWORD)"));
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; };
  if (settings.user.find(' ') != std::string::npos ||
      std::any_of(settings.user.begin(), settings.user.end(), is_control) ||
      std::any_of(settings.password.begin(), settings.password.end(), is_control)) {
    return Wrong(url, "the user may hold neither a space nor control characters, the password no control characters");
  }
  return {};
}

Result<std::chrono::seconds> ParseTtl(const Url& url) {
  if (!url.query.contains("ttl")) return std::chrono::seconds(0);
  const std::string given = Setting(url, "ttl");
  const std::optional<Clock::Duration> ttl = ParseDuration(given);
  if (!ttl || *ttl < std::chrono::seconds(1)) {
    return Wrong(url, StrCat("ttl=", given, " must be a duration from 1s on, such as 1h or 7d"));
  }
  return std::chrono::ceil<std::chrono::seconds>(*ttl);
}

Result<std::uint64_t> ParseItem(const Url& url) {
  if (!url.query.contains("item")) return kItemBytes;
  const std::string given = Setting(url, "item");
  const std::optional<std::uint64_t> bytes = ParseBytes(given);
  if (!bytes || *bytes < kItemBytesMin || *bytes > kItemBytesMax) {
    return Wrong(url, StrCat("item=", given, " must be a number of bytes from 1KB to 1GiB: the largest value that the ",
                             "server takes, less than its -I by the key and some 100 bytes"));
  }
  return *bytes;
}

// "NAME.abc123.cfg.use1.cache.amazonaws.com" is how ElastiCache calls them.
bool IsConfigurationEndpoint(const std::string& host) { return host.find(".cfg.") != std::string::npos; }

}  // namespace

Result<Settings> ParseSettings(const Url& url, const Environment& environment) {
  TRY(CheckNames(url));
  Settings settings;
  const std::size_t at = url.authority.rfind('@');
  settings.endpoints =
      TRY(ParseEndpoints(url, std::string_view(url.authority).substr(at == std::string::npos ? 0 : at + 1)));
  settings.prefix = TRY(ParsePrefix(url));
  TRY(ParseCredentials(url, environment, settings));
  const bool single = settings.endpoints.size() == 1;
  settings.discovery = TRY(Switch(url, "discovery", single && IsConfigurationEndpoint(settings.endpoints[0].host)));
  if (settings.discovery && !single) return Wrong(url, "with discovery=on name one server, the configuration endpoint");
  const auto is_loopback = [](const Endpoint& endpoint) { return endpoint.IsLoopback(); };
  settings.tls =
      TRY(Switch(url, "tls", !std::all_of(settings.endpoints.begin(), settings.endpoints.end(), is_loopback)));
  settings.ca_file = Setting(url, "ca");
  if (settings.ca_file.empty()) settings.ca_file = environment.Get("SSL_CERT_FILE");
  settings.ttl = TRY(ParseTtl(url));
  settings.item_bytes = TRY(ParseItem(url));
  return settings;
}

}  // namespace lambdaml::memcached
