// SPDX-License-Identifier: Apache-2.0
#pragma once

// The first line of an answer of memcached's meta protocol, read with bounds: whatever a server sends gives a reply or
// an error that says what to do.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace lambdaml::memcached {

inline constexpr std::size_t kReplyLineBytesMax = 2048;
inline constexpr std::uint64_t kItemBytesMax = std::uint64_t{1} << 30U;  // no server can be set to more

struct Reply {
  enum class Kind {
    kValue,      // VA: a value follows
    kDone,       // HD
    kMissing,    // EN, NF
    kNotStored,  // NS
    kExists,     // EX: another version than was expected
    kEnd,        // MN
  };
  Kind kind = Kind::kEnd;
  std::size_t index = 0;         // of the command, if it gave one
  std::uint64_t bytes = 0;       // of the value, where they were asked for or follow
  std::uint64_t cas_unique = 0;  // where it was asked for
};

// The server's errors as an Error: kUnavailable where another try may succeed, else kInvalid.
Result<Reply> ParseReply(std::string_view line);

// What a line that is no reply of the meta protocol means.
Error RefusalOf(std::string_view line);

}  // namespace lambdaml::memcached
