// SPDX-License-Identifier: Apache-2.0
#pragma once

// Base64 as in RFC 4648, with padding.

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace lambdaml {

std::string ToBase64(std::string_view bytes);

// Appends it to `text`, which grows by Base64Size(bytes.size()).
void AppendBase64(std::string& text, ByteSpan bytes);

constexpr std::size_t Base64Size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

// kInvalid for a character, a length or a padding that no encoder writes.
Result<std::string> FromBase64(std::string_view text);
Result<Bytes> BytesFromBase64(std::string_view text);

}  // namespace lambdaml
