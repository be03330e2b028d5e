// SPDX-License-Identifier: Apache-2.0
#pragma once

// Commands of memcached's meta protocol (1.6) that are sent in one go. All are quiet: the server answers only what is
// there, what failed, and at the end the `mn` that closes the pipeline, so that a missing key costs no answer. An
// answer carries the `index` that its command was given. Large values are not copied: they must stay alive until the
// pipeline is sent.
//
// Over TLS a pipeline must be sent in segments, each beginning a record: memcached (1.6.18) takes from a record what a
// value still lacks, and looks for the rest of that record only when another one arrives. So commands do not go on from
// one record into the next, except for one large value, behind which a record ends.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace lambdaml::memcached {

struct SetMode {
  std::int64_t exptime = 0;                   // as the protocol has it; 0: never
  bool add = false;                           // only if the key is absent; else the answer is NS
  std::optional<std::uint64_t> cas_unique{};  // only over this version; else the answer is EX, or NF if there is none
};

struct Pieces {
  std::vector<ByteSpan> all;
  std::vector<std::size_t> segment_ends;  // in `all`, behind the last piece of each segment
};

class Pipeline {
 public:
  void Get(std::string_view wire_key, std::size_t index) { Ask(wire_key, " v q O", index); }
  void GetWithCas(std::string_view wire_key, std::size_t index) { Ask(wire_key, " v c q O", index); }
  void GetSize(std::string_view wire_key, std::size_t index) { Ask(wire_key, " s q O", index); }
  void Delete(std::string_view wire_key, std::size_t index);  // answers NF if there was nothing
  void Set(std::string_view wire_key, ByteSpan value, const SetMode& mode, std::size_t index);

  // Whether it holds so much that its answers should be read before more is asked.
  bool full() const;

  // With the closing command; valid until the pipeline changes.
  Pieces Finish();
  void Clear();

 private:
  // A place in text_ where something other than the text goes on.
  struct Seam {
    std::size_t at;
    ByteSpan value;  // comes here, or if it is empty a segment ends here
  };

  void Begin(std::size_t command_bytes);
  void Ask(std::string_view wire_key, std::string_view flags, std::size_t index);
  void AddWithoutValue(std::string_view command);

  std::string text_;  // all commands, and the small values
  std::vector<Seam> seams_;
  std::size_t bytes_ = 0;          // of commands and values
  std::size_t segment_bytes_ = 0;  // of the last segment
  std::size_t asked_for_ = 0;      // bytes of commands that answer with a value
};

}  // namespace lambdaml::memcached
