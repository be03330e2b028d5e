// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a URL and the environment say about a memcached store:
//
//   memcached://[user:password@]host[:11211][,host...]/prefix?discovery=on&tls=off&ca=FILE&ttl=1h&item=1000000

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "base/url.h"
#include "net/endpoint.h"

namespace lambdaml::memcached {

struct Settings {
  std::vector<Endpoint> endpoints;  // of the nodes; with discovery one, which knows them
  std::string prefix;               // goes before every key: empty, or ends in '/'
  std::string user;                 // both empty, or neither
  std::string password;
  bool discovery = false;        // by default for the names of ElastiCache's configuration endpoints
  bool tls = false;              // by default to other machines
  std::string ca_file;           // by default SSL_CERT_FILE of the environment; empty: the system's
  std::chrono::seconds ttl{0};   // how long an item stays; 0: as long as there is room
  std::uint64_t item_bytes = 0;  // the largest value
};

// User and password may stand, percent-encoded, in the URL, or in LAMBDAML_CHANNEL_USER and LAMBDAML_CHANNEL_PASSWORD.
// kInvalid, with what is allowed, but never a secret.
Result<Settings> ParseSettings(const Url& url, const Environment& environment);

}  // namespace lambdaml::memcached
