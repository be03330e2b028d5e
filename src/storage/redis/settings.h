// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a URL and the environment say about a Redis or Valkey store:
//
//   redis://[user:password@]host[:6379]/prefix?db=0&ttl=1h&tls=off      rediss://... for TLS, with ?ca=FILE

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/environment.h"
#include "base/result.h"
#include "base/url.h"
#include "net/endpoint.h"
#include "net/tls_trust.h"

namespace lambdaml::redis {

struct Settings {
  Endpoint endpoint;
  std::optional<TlsTrust> trust = {};  // nothing: without TLS
  std::string user = {};               // empty: the server's default user
  std::string password = {};           // empty: nobody logs in
  std::string prefix = {};             // goes before every key: empty, or ends in '/'
  int database = 0;
  Clock::Duration connect_time = std::chrono::seconds(5);
  Clock::Duration answer_time = std::chrono::seconds(30);  // without a sign of life
  std::chrono::milliseconds ttl{0};                        // how long a value stays; 0: until it is deleted
};

// User and password may stand, percent-encoded, in the URL, or in LAMBDAML_CHANNEL_USER and LAMBDAML_CHANNEL_PASSWORD.
// kInvalid, with what is allowed, but never a secret. Without TLS only this machine may be named, or tls=off be given.
Result<Settings> ParseSettings(const Url& url, const Environment& environment);

}  // namespace lambdaml::redis
