// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/wire_key.h"

#include "net/http.h"

namespace lambdaml::memcached {

std::string ToWireKey(std::string_view text) {
  std::string wire_key;
  wire_key.reserve(text.size());
  for (const char c : text) {
    if (c == ' ') {
      wire_key += "%20";
    } else if (c == '%') {
      wire_key += "%25";
    } else {
      wire_key += c;
    }
  }
  return wire_key;
}

std::optional<std::string> FromWireKey(std::string_view wire_key) {
  std::string text = PercentDecoded(wire_key);
  if (ToWireKey(text) != wire_key) return std::nullopt;
  return text;
}

}  // namespace lambdaml::memcached
