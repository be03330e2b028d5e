// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a URL dynamodb://table/prefix?... and the environment say about a store.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "base/environment.h"
#include "base/url.h"

namespace lambdaml::dynamodb {

// Of a hash key 2,048 bytes are allowed; kKeyBytesMax of them are for the key behind the prefix.
inline constexpr std::size_t kPrefixBytesMax = 1024;

struct Settings {
  std::string name;  // of the store, for messages
  std::string table;
  std::string prefix;    // goes before every key; empty, or ends in '/'
  std::string endpoint;  // "https://dynamodb.us-east-1.amazonaws.com", without a '/' at its end
  std::string region;
  std::string ca_file = {};  // PEM; empty: the system's
  bool create = false;       // the table, if it is missing
  std::optional<std::chrono::seconds> time_to_live = {};

  // "127.0.0.1:8000", for messages.
  std::string server() const { return endpoint.substr(endpoint.find("://") + 3); }
};

// kInvalid says which part of the URL is wrong and what is known.
Result<Settings> ReadSettings(const Url& url, const Environment& environment);

}  // namespace lambdaml::dynamodb
