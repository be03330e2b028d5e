// SPDX-License-Identifier: Apache-2.0
#pragma once

// The bytes of one message: a header of 64 bytes and the payload (docs/formats/messages.md). The header says whose
// message it is and of what; a reader knows what it expects, and everything else is refused by the name of the field
// that differs.

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/key.h"
#include "base/result.h"
#include "comm/elements.h"

namespace lambdaml {

inline constexpr std::uint32_t kMessageMagic = 0x534D4D4C;  // "LMMS" as bytes
inline constexpr std::uint16_t kMessageVersion = 2;
inline constexpr std::size_t kMessageHeaderBytes = 64;

// The name of a job within headers: FNV-1a, 64 bits, of the text of Membership::job.
std::uint64_t JobHash(const Key& job);

struct MessageHeader {
  std::uint64_t job = 0;       // JobHash
  std::uint64_t round = 0;     // the number of the collective call, from 0
  std::uint32_t sender = 0;    // rank
  std::uint32_t part = 0;      // which part of the vector, where a pattern cuts it
  std::uint64_t elements = 0;  // of the sender's whole vector, so that every rank notices a rank with another length
  std::uint32_t tally = 0;     // numbers of float64 behind the elements
  ElementType type = ElementType::kNothing;
};

// What a reader knows before it has the message.
struct ExpectedMessage {
  MessageHeader header;
  ElementType or_type = header.type;  // the other form in which the elements may travel
  bool any_round = false;             // a slot, whose newest version counts
  bool any_elements = false;          // a broadcast, whose size only its root knows
};

struct DecodedMessage {
  MessageHeader header;
  ByteSpan payload;  // within the message
};

// Writes the header over the first kMessageHeaderBytes of `message`; the payload is behind them already.
void WriteHeader(const MessageHeader& header, Bytes& message);

// kInternal names the key, the first field that differs, what was expected and found.
Result<DecodedMessage> DecodeMessage(const Key& key, ByteSpan message, const ExpectedMessage& expected);

// The error for a field that differs.
Error MessageRefused(const Key& key, std::string_view field, std::string_view expected, std::string_view found);

}  // namespace lambdaml
