// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/location.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "net/aws/credentials.h"
#include "net/endpoint.h"
#include "storage/key_rules.h"

namespace lambdaml::s3 {

namespace {

// Leaves the keys room: together they may have 1,024 bytes.
constexpr std::size_t kPrefixBytesMax = 512;

constexpr std::array<std::string_view, 4> kSettings{"ca", "endpoint", "region", "style"};

Error Refuse(const Url& url, std::string_view why) {
  std::string message = StrCat(url.Printable(), ": ", why);
  std::ranges::replace_if(
      message, [](char c) { return c >= 0 && c < ' '; }, '?');
  return {Code::kInvalid, std::move(message)};
}

std::string Setting(const Url& url, const char* name) {
  const auto found = url.query.find(name);
  return found == url.query.end() ? "" : found->second;
}

bool Consists(std::string_view text, std::string_view also_allowed) {
  return std::ranges::all_of(text, [also_allowed](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || also_allowed.find(c) != std::string_view::npos;
  });
}

Result<void> CheckSettings(const Url& url) {
  for (const auto& [name, value] : url.query) {
    if (std::ranges::find(kSettings, name) == kSettings.end()) {
      return Refuse(url, StrCat("there is no setting '", name, "'; known are ca, endpoint, region and style"));
    }
    if (value.empty()) return Refuse(url, StrCat("the setting '", name, "' has no value"));
  }
  return {};
}

Result<std::string> BucketOf(const Url& url) {
  const std::string& bucket = url.authority;
  if (bucket.find('@') != std::string::npos) {
    return Refuse(url, "credentials do not belong into the URL; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }
  if (bucket.empty()) return Refuse(url, "the bucket is missing; write s3://bucket/prefix");
  constexpr std::string_view kUpperCase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-";  // other servers than AWS's allow it
  if (bucket.size() < 3 || bucket.size() > 255 || !Consists(bucket, kUpperCase)) {
    return Refuse(url, StrCat("'", bucket, "' cannot be a bucket; its name has 3 to 63 of a-z, 0-9, '-' and '.'"));
  }
  return bucket;
}

Result<std::string> PrefixOf(const Url& url) {
  std::string prefix = url.path.empty() ? "" : url.path.substr(1);
  if (prefix.empty()) return prefix;
  const Result<void> checked = CheckKey(Key(prefix), kPrefixBytesMax);
  if (!checked.ok()) return Refuse(url, StrCat("the prefix: ", checked.error().message));
  if (!prefix.ends_with('/')) prefix += '/';
  return prefix;
}

// "base--usw2-az1--x-s3" is in the zone "usw2-az1"; empty for every other bucket.
std::string_view ZoneOf(std::string_view bucket) {
  constexpr std::string_view kEnd = "--x-s3";
  if (!bucket.ends_with(kEnd)) return {};
  bucket.remove_suffix(kEnd.size());
  const std::size_t dashes = bucket.rfind("--");
  return dashes == std::string_view::npos ? std::string_view() : bucket.substr(dashes + 2);
}

enum class Style { kPath, kVirtualHost };

Result<Style> StyleOf(const Url& url, Style by_default) {
  const std::string style = Setting(url, "style");
  if (style.empty()) return by_default;
  if (style == "path") return Style::kPath;
  if (style == "virtual") return Style::kVirtualHost;
  return Refuse(url, StrCat("style '", style, "' is unknown; write path or virtual"));
}

struct Server {
  std::string scheme;
  std::string host;  // with its port, if it was given
  Style style = Style::kPath;
};

Result<Server> CustomServer(const Url& url, const std::string& text) {
  const bool complete = text.find("://") != std::string::npos;
  const Result<Url> endpoint = Url::Parse(complete ? text : StrCat("https://", text));
  const bool usable = endpoint.ok() && (endpoint.value().scheme == "http" || endpoint.value().scheme == "https") &&
                      !endpoint.value().authority.empty() && endpoint.value().query.empty() &&
                      (endpoint.value().path.empty() || endpoint.value().path == "/") &&
                      endpoint.value().authority.find('@') == std::string::npos;
  if (!usable) return Refuse(url, "its endpoint is not a server; write endpoint=http://host:port or https://host");
  return Server{endpoint.value().scheme, endpoint.value().authority, Style::kPath};
}

// A name with dots does not fit the server's certificate.
Style StyleOnAws(std::string_view bucket) {
  const bool label = bucket.size() <= 63 && Consists(bucket, "-") && !bucket.starts_with('-') && !bucket.ends_with('-');
  return label ? Style::kVirtualHost : Style::kPath;
}

Server AwsServer(const Location& location) {
  const std::string domain =
      StrCat(location.region, location.region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
  if (location.kind == BucketKind::kGeneral) {
    return {"https", StrCat("s3.", domain), StyleOnAws(location.bucket)};
  }
  return {"https", StrCat("s3express-", ZoneOf(location.bucket), ".", domain), Style::kVirtualHost};
}

std::string FirstOf(std::initializer_list<std::string> texts) {
  const auto* const found = std::ranges::find_if(texts, [](const std::string& text) { return !text.empty(); });
  return found == texts.end() ? "" : *found;
}

Result<void> SetServer(Location& location, const Url& url, const Environment& environment) {
  const std::string custom = FirstOf({Setting(url, "endpoint"), aws::EndpointOf(environment, "S3")});
  Server server = custom.empty() ? AwsServer(location) : TRY(CustomServer(url, custom));
  const Style style = TRY(StyleOf(url, server.style));
  if (style == Style::kVirtualHost) server.host = StrCat(location.bucket, ".", server.host);
  location.root = StrCat(server.scheme, "://", server.host, "/");
  if (style == Style::kPath) location.root += StrCat(location.bucket, "/");
  const auto endpoint = Endpoint::Parse(server.host, location.secure() ? 443 : 80);
  if (!endpoint.ok()) return Refuse(url, endpoint.error().message);
  location.server = endpoint.value().text();
  return {};
}

}  // namespace

Result<Location> Location::Of(const Url& url, const Environment& environment) {
  TRY(CheckSettings(url));
  Location location;
  location.name = url.Printable();
  location.bucket = TRY(BucketOf(url));
  location.prefix = TRY(PrefixOf(url));
  location.region = FirstOf({Setting(url, "region"), aws::RegionOf(environment)});
  if (!Consists(location.region, "-")) return Refuse(url, StrCat("'", location.region, "' is not a region"));
  location.ca_file = FirstOf({Setting(url, "ca"), environment.Get("AWS_CA_BUNDLE"), environment.Get("SSL_CERT_FILE")});
  if (!ZoneOf(location.bucket).empty()) location.kind = BucketKind::kDirectory;
  TRY(SetServer(location, url, environment));
  return location;
}

}  // namespace lambdaml::s3
