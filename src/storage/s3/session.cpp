// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/session.h"

#include "storage/s3/refusal.h"
#include "storage/s3/xml.h"

namespace lambdaml::s3 {

namespace {

constexpr std::int64_t kRenewAfterMs = 240'000;
constexpr std::chrono::seconds kTimeout{30};

}  // namespace

Result<aws::Credentials> Session::Get(const aws::Credentials& user) {
  const std::lock_guard lock(mutex_);
  // By the time of day: a steady clock may stand still while a function is frozen between two invocations.
  const std::int64_t now = clock_.UnixMs();
  if (!current_ || now < made_unix_ms_ || now - made_unix_ms_ >= kRenewAfterMs) {
    current_ = TRY(Create(user));
    made_unix_ms_ = now;
  }
  return *current_;
}

Result<aws::Credentials> Session::Create(const aws::Credentials& user) {
  HttpRequest request{.url = location_.root + "?session="};
  request.headers["x-amz-create-session-mode"] = "ReadWrite";
  signer_.Sign(request, user, clock_.UnixMs());
  const HttpResponse response = TRY(http_.Send(request, kTimeout).Context(location_.name));
  if (response.status != 200) return ErrorOf(location_, "open a session", response);
  return ParseSession(response.body).Context(location_.name);
}

}  // namespace lambdaml::s3
