// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a key stands in memcached's protocol, which allows neither a space nor more than 250 bytes: a space and '%' are
// written as %20 and %25, every other byte of a legal key as it is. So other programs can read the keys, and the server
// can list them.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lambdaml::memcached {

inline constexpr std::size_t kWireKeyBytesMax = 250;

std::string ToWireKey(std::string_view text);

// Nothing for what ToWireKey does not write: somebody else's item.
std::optional<std::string> FromWireKey(std::string_view wire_key);

}  // namespace lambdaml::memcached
