// SPDX-License-Identifier: Apache-2.0
#pragma once

// The protocol of Redis and Valkey: commands as they are sent, replies as they are read (RESP version 3, of which
// version 2 is a part). Reading is strict and bounded: whatever else comes is kInvalid.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace lambdaml::redis {

inline constexpr std::uint64_t kBulkBytesMax = std::uint64_t{512} << 20U;  // what the server itself allows by default

struct Reply {
  enum class Kind {
    kNothing,  // the key is not there
    kText,     // "OK"; also a number that is not an integer
    kError,
    kInteger,  // also true and false, as 1 and 0
    kBulk,
    kArray,  // also a set, and a map as names and values in turn
    kPush,   // no reply, but a message that was subscribed to
  };
  Kind kind = Kind::kNothing;
  std::string text = {};  // of kText and kError
  std::int64_t integer = 0;
  Blob bulk = {};
  std::vector<Reply> elements = {};  // of kArray and kPush

  bool Is(Kind other) const { return kind == other; }
};

// Where replies are read from.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual Result<std::string_view> Line(std::size_t bytes_max) = 0;  // without its CR LF; valid until the next call
  virtual Result<void> Exactly(std::span<std::byte> into) = 0;
};

// A value is read into memory of its own, without another copy.
Result<Reply> ReadReply(ByteSource& source);

// Commands to be sent together. Large arguments stay where they are and must stay alive until the pieces are sent.
class Commands {
 public:
  void Begin(std::size_t arguments);  // its name included
  void Add(std::string_view argument) { AddJoined({&argument, 1}, {}); }
  void Add(std::int64_t argument);
  void AddValue(ByteSpan argument) { AddJoined({}, argument); }

  // One argument: texts, and a value behind them.
  void AddJoined(std::span<const std::string_view> texts, ByteSpan value);

  template <class... Arguments>
  void Command(const Arguments&... arguments) {
    Begin(sizeof...(arguments));
    (Add(arguments), ...);
  }

  std::size_t bytes() const { return text_.size() + outside_bytes_; }
  bool empty() const { return text_.empty(); }
  void Clear();

  // Valid until the next command is added.
  std::vector<ByteSpan> Pieces() const;

 private:
  struct Outside {
    std::size_t at;  // behind so many bytes of text_
    ByteSpan bytes;
  };

  std::string text_;
  std::vector<Outside> outside_;
  std::size_t outside_bytes_ = 0;
};

}  // namespace lambdaml::redis
