// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/settings.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "net/aws/credentials.h"
#include "storage/settings.h"

namespace lambdaml::dynamodb {

namespace {

constexpr std::size_t kTableBytesMin = 3;
constexpr std::size_t kTableBytesMax = 255;

class Reader {
 public:
  explicit Reader(const Url& url) : url_(url) {}

  Error Refuse(std::string_view why) const { return {Code::kInvalid, StrCat(url_.Printable(), ": ", why)}; }

  // A setting of the URL, or empty.
  std::string Setting(std::string_view name) const {
    const auto at = url_.query.find(std::string(name));
    return at == url_.query.end() ? std::string() : at->second;
  }

  Result<void> CheckNames() const;
  Result<std::string> Table() const;
  Result<std::string> Prefix() const;
  Result<std::string> Endpoint(const Environment& environment, const std::string& region) const;
  Result<bool> Create() const;
  Result<std::optional<std::chrono::seconds>> TimeToLive() const;

 private:
  const Url& url_;
};

Result<void> Reader::CheckNames() const {
  const std::vector<std::string> known{"ca", "create", "endpoint", "region", "ttl"};
  for (const auto& [name, value] : url_.query) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return Refuse(StrCat("there is no setting '", name, "'; known are ", JoinWith(", ", known)));
  }
  return {};
}

Result<std::string> Reader::Table() const {
  const std::string& table = url_.authority;
  if (table.empty()) return Refuse("name a table, as in dynamodb://table/prefix");
  const bool plain = std::ranges::all_of(table, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
  if (plain && table.size() >= kTableBytesMin && table.size() <= kTableBytesMax) return table;
  return Refuse("a table's name has 3 to 255 characters of a-z A-Z 0-9 _ . -");
}

Result<std::string> Reader::Prefix() const {
  std::string prefix = url_.path;
  while (prefix.starts_with('/')) prefix.erase(0, 1);
  if (!prefix.empty() && !prefix.ends_with('/')) prefix += '/';
  if (prefix.size() > kPrefixBytesMax)
    return Refuse(StrCat("the prefix has ", prefix.size(), " bytes: use at most ", kPrefixBytesMax));
  const bool printable = std::ranges::none_of(prefix, [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; });
  if (!printable || !IsUtf8(prefix)) return Refuse("the prefix is not UTF-8 or holds control characters");
  return prefix;
}

Result<std::string> Reader::Endpoint(const Environment& environment, const std::string& region) const {
  std::string endpoint = Setting("endpoint");
  if (endpoint.empty()) endpoint = aws::EndpointOf(environment, "DYNAMODB");
  if (endpoint.empty())
    endpoint = StrCat("https://dynamodb.", region, ".amazonaws.com", region.starts_with("cn-") ? ".cn" : "");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (endpoint.starts_with(scheme) && endpoint.find('@') == std::string::npos) return endpoint;
  }
  return Refuse("the endpoint must be http://host:port or https://host");
}

Result<bool> Reader::Create() const {
  const std::string text = Setting("create");
  if (text.empty() || text == "false") return false;
  if (text == "true") return true;
  return Refuse(StrCat("create=", text, " must be true or false"));
}

Result<std::optional<std::chrono::seconds>> Reader::TimeToLive() const {
  if (!url_.query.contains("ttl")) return std::optional<std::chrono::seconds>();
  const std::optional<Clock::Duration> duration = ParseDuration(Setting("ttl"));
  if (duration && *duration >= std::chrono::seconds(1))
    return std::optional(std::chrono::ceil<std::chrono::seconds>(*duration));
  return Refuse(StrCat("ttl=", Setting("ttl"), " must be a duration of at least a second, such as 30m or 7d"));
}

}  // namespace

Result<Settings> ReadSettings(const Url& url, const Environment& environment) {
  const Reader reader(url);
  TRY(reader.CheckNames());
  const auto either = [](const std::string& first, const std::string& second) {
    return first.empty() ? second : first;
  };
  const std::string region = either(reader.Setting("region"), aws::RegionOf(environment));
  Settings settings;
  settings.name = url.Printable();
  settings.table = TRY(reader.Table());
  settings.prefix = TRY(reader.Prefix());
  settings.endpoint = TRY(reader.Endpoint(environment, region));
  settings.region = region;
  settings.ca_file =
      either(reader.Setting("ca"), either(environment.Get("AWS_CA_BUNDLE"), environment.Get("SSL_CERT_FILE")));
  settings.create = TRY(reader.Create());
  settings.time_to_live = TRY(reader.TimeToLive());
  return settings;
}

}  // namespace lambdaml::dynamodb
