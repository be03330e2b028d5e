// SPDX-License-Identifier: Apache-2.0
#pragma once

// The saved states of algorithms: a header in the machine's byte order (little-endian on all that Lambda has), which
// begins with its magic number and version, and parts behind it.

#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/bytes.h"
#include "base/result.h"
#include "base/text.h"

namespace lambdaml {

template <class Header>
ByteSpan BytesOf(const Header& header) {
  static_assert(std::is_trivially_copyable_v<Header>);
  return std::as_bytes(std::span(&header, 1));
}

// By blocks: states may be as large as many vectors of parameters.
inline void Append(Bytes& state, ByteSpan part) {
  const std::size_t size = state.size();
  state.resize(size + part.size());
  if (!part.empty()) std::memcpy(state.data() + size, part.data(), part.size());
}

inline Bytes Joined(std::initializer_list<ByteSpan> parts) {
  std::size_t size = 0;
  for (const ByteSpan part : parts) size += part.size();
  Bytes state;
  state.reserve(size);
  for (const ByteSpan part : parts) Append(state, part);
  return state;
}

// The header in front of `state`; kInvalid if it is cut off, or of another magic number or version than a new one.
// `of` is whose state it is, for messages.
template <class Header>
Result<Header> HeaderOf(ByteSpan state, std::string_view of) {
  Header header;
  const Header expected;
  if (state.size() >= sizeof header) std::memcpy(&header, state.data(), sizeof header);
  if (state.size() >= sizeof header && header.magic == expected.magic && header.version == expected.version) {
    return header;
  }
  return Error{Code::kInvalid, StrCat("state of the algorithm: not a whole one of ", of, ", version ", expected.version,
                                      "; start the job anew")};
}

}  // namespace lambdaml
