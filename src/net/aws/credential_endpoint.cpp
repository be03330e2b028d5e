// SPDX-License-Identifier: Apache-2.0
// The HTTP endpoints that give credentials to what runs in a container or on an instance.
#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "net/aws/credential_source.h"
#include "net/aws/sigv4.h"
#include "net/endpoint.h"
#include "net/http_client.h"

namespace lambdaml::aws {

namespace {

constexpr std::string_view kContainerRoot = "http://169.254.170.2";
// Of the containers of ECS and EKS: besides this machine, the only ones that are asked without TLS.
constexpr std::array<std::string_view, 3> kContainerHosts{"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};
constexpr std::string_view kInstanceRoot = "http://169.254.169.254";
constexpr std::string_view kInstanceRootV6 = "http://[fd00:ec2::254]";
constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";
constexpr std::size_t kTokenFileBytesMax = 65536;

// All these endpoints are one hop away.
constexpr Clock::Duration kTimeout = std::chrono::seconds(1);
constexpr std::size_t kAnswerBytesMax = 65536;

HttpClient NearbyClient() { return HttpClient({.response_bytes_max = kAnswerBytesMax, .connect_timeout = kTimeout}); }

bool MayBeAskedOpenly(const Endpoint& endpoint) {
  return endpoint.IsLoopback() || std::ranges::find(kContainerHosts, endpoint.host) != kContainerHosts.end();
}

// What is sent as Authorization; empty if nothing is.
Result<std::string> ContainerToken(const Environment& environment) {
  std::string token = environment.Get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  const std::string file = environment.Get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (!file.empty()) {
    const Blob content = TRY(ReadFile(file).Context("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
    token = content.text().substr(0, kTokenFileBytesMax);
  }
  token = std::string(Trim(token));
  if (std::ranges::any_of(token, [](char c) { return c < ' ' || c > '~'; })) {
    return Error{Code::kInvalid, "the container's authorization token holds a line break or another control character"};
  }
  return token;
}

Error StatusError(std::string_view endpoint, const HttpResponse& response) {
  const bool later = response.status == 429 || response.status >= 500;
  return {later ? Code::kUnavailable : Code::kInvalid, StrCat(endpoint, ": HTTP status ", response.status)};
}

Result<HttpResponse> Ask(HttpClient& client, const HttpRequest& request) {
  Result<HttpResponse> response = client.Send(request, kTimeout);
  // The time that was over is not the caller's own.
  if (!response.ok() && response.error().code == Code::kTimeout) {
    return Error{Code::kUnavailable, response.error().message};
  }
  return response;
}

Result<Credentials> AskForCredentials(HttpClient& client, const HttpRequest& request) {
  const HttpResponse response = TRY(Ask(client, request));
  const std::string endpoint = WithoutSecrets(request.url);
  if (response.status != 200) return StatusError(endpoint, response);
  return ParseCredentials(response.body, "Token", endpoint);
}

std::string InstanceRoot(const Environment& environment) {
  std::string root = environment.Get("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (root.empty()) {
    root = environment.Get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") == "IPv6" ? kInstanceRootV6 : kInstanceRoot;
  }
  while (root.ends_with('/')) root.pop_back();
  return root;
}

// With the session's token.
Result<Found> AskInstance(HttpClient& client, const std::string& root, std::string_view token) {
  HttpRequest request{.url = StrCat(root, kRolePath), .headers = {{"X-aws-ec2-metadata-token", std::string(token)}}};
  const HttpResponse roles = TRY(Ask(client, request));
  if (roles.status == 404) return Found();  // the instance has no role
  if (roles.status != 200) return StatusError(WithoutSecrets(request.url), roles);
  request.url += EncodeQuery(Trim(std::string_view(roles.body).substr(0, roles.body.find('\n'))));
  return Found(TRY(AskForCredentials(client, request)));
}

}  // namespace

Result<std::string> ContainerUrl(const Environment& environment) {
  const std::string relative = environment.Get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  if (!relative.empty()) return StrCat(kContainerRoot, relative.starts_with('/') ? "" : "/", relative);
  const std::string full = environment.Get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (full.empty()) return full;
  const Url url = TRY(Url::Parse(full).Context("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
  if (url.scheme == "https") return full;
  const Endpoint endpoint = TRY(Endpoint::Parse(url.authority, 80).Context("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
  if (url.scheme == "http" && MayBeAskedOpenly(endpoint)) return full;
  return Error{Code::kInvalid, StrCat("AWS_CONTAINER_CREDENTIALS_FULL_URI is ", url.Printable(),
                                      ": it must be https, or http to this machine or the container's own endpoint")};
}

Result<Found> FromContainer(const Environment& environment) {
  HttpRequest request{.url = TRY(ContainerUrl(environment))};
  if (request.url.empty()) return Found();
  const std::string token = TRY(ContainerToken(environment));
  if (!token.empty()) request.headers["Authorization"] = token;
  HttpClient client = NearbyClient();
  return Found(TRY(AskForCredentials(client, request).Context("the container's credentials")));
}

Result<Found> FromInstance(const Environment& environment) {
  const std::string disabled = environment.Get("AWS_EC2_METADATA_DISABLED");
  if (disabled == "true" || disabled == "True" || disabled == "TRUE") return Found();
  const std::string root = InstanceRoot(environment);
  const bool expected = !environment.Get("AWS_EC2_METADATA_SERVICE_ENDPOINT").empty();
  HttpClient client = NearbyClient();
  const HttpRequest session{.method = "PUT",
                            .url = StrCat(root, "/latest/api/token"),
                            .headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}}};
  Result<HttpResponse> asked = Ask(client, session);
  if (!asked.ok() && !expected) return Found();
  const HttpResponse token = TRY(std::move(asked).Context("the instance's credentials"));
  if (token.status != 200 && token.status < 500 && !expected) return Found();  // some other cloud's service
  if (token.status != 200) return StatusError(WithoutSecrets(session.url), token);
  return AskInstance(client, root, Trim(token.body));
}

}  // namespace lambdaml::aws
