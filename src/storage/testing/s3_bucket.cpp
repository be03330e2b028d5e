// SPDX-License-Identifier: Apache-2.0
#include "storage/testing/s3_bucket.h"

#include "base/clock.h"
#include "base/text.h"
#include "net/aws/sigv4.h"
#include "net/http_client.h"

namespace lambdaml {

namespace {

Environment EnvironmentOf(const std::string& access_key, const std::string& secret_key) {
  return Environment({{"AWS_ACCESS_KEY_ID", access_key}, {"AWS_SECRET_ACCESS_KEY", secret_key}});
}

}  // namespace

Environment S3Account::environment() const { return EnvironmentOf(access_key, secret_key); }
Environment S3Account::WithWrongSecret() const { return EnvironmentOf(access_key, "wrong-secret"); }

Result<void> S3Bucket::Create() const {
  HttpRequest request{.method = "PUT", .url = StrCat("http://", address(), "/", name_)};
  const aws::Credentials credentials{
      .access_key = account_.access_key, .secret_key = account_.secret_key, .session_token = {}, .expires_unix_ms = {}};
  aws::Signer({.service = "s3", .region = "us-east-1"}).Sign(request, credentials, SystemClock().UnixMs());
  HttpClient client;
  const HttpResponse response = TRY(client.Send(request, std::chrono::seconds(60)));
  if (response.status == 200) return {};
  return Error{Code::kInternal, StrCat(address(), ": cannot create a bucket: ", response.Summary())};
}

std::string S3Bucket::NewUrl(std::string_view settings) { return NewUrlAt(StrCat("http://", address()), settings); }

std::string S3Bucket::NewUrlAt(std::string_view endpoint, std::string_view settings) {
  std::string url = StrCat("s3://", name_, "/store-", ++prefixes_, "?endpoint=", endpoint);
  if (!settings.empty()) url += StrCat("&", settings);
  return url;
}

std::string S3Bucket::address() const { return StrCat("127.0.0.1:", port_); }

}  // namespace lambdaml
