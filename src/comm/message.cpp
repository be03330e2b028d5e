// SPDX-License-Identifier: Apache-2.0
#include "comm/message.h"

#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include "base/crc.h"
#include "base/text.h"

namespace lambdaml {

namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and so is every target");

// The layout of docs/formats/messages.md: no padding, every field at a multiple of its size.
struct Wire {
  std::uint32_t magic = kMessageMagic;
  std::uint16_t version = kMessageVersion;
  std::uint16_t type = 0;
  std::uint64_t job = 0;
  std::uint64_t round = 0;
  std::uint32_t sender = 0;
  std::uint32_t part = 0;
  std::uint64_t elements = 0;
  std::uint64_t length = 0;  // bytes of the payload
  std::uint32_t tally = 0;
  std::uint32_t reserved[2] = {};
  std::uint32_t crc = 0;  // of the bytes before it, then the payload
};
static_assert(sizeof(Wire) == kMessageHeaderBytes);
constexpr std::size_t kCrcOffset = kMessageHeaderBytes - sizeof(std::uint32_t);

Wire ToWire(const MessageHeader& header, std::uint64_t length) {
  Wire wire;
  wire.type = static_cast<std::uint16_t>(header.type);
  wire.job = header.job;
  wire.round = header.round;
  wire.sender = header.sender;
  wire.part = header.part;
  wire.elements = header.elements;
  wire.tally = header.tally;
  wire.length = length;
  return wire;
}

MessageHeader FromWire(const Wire& wire) {
  return {.job = wire.job,
          .round = wire.round,
          .sender = wire.sender,
          .part = wire.part,
          .elements = wire.elements,
          .tally = wire.tally,
          .type = static_cast<ElementType>(wire.type)};
}

std::string Hex(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "0x";
  int shift = 60;
  while (shift > 0 && (number >> static_cast<unsigned>(shift)) == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) text += kDigits[(number >> static_cast<unsigned>(shift)) & 0xFU];
  return text;
}

std::string TypeText(std::uint64_t type) {
  return StrCat(type, " (", type <= 0xFF ? Name(static_cast<ElementType>(type)) : "unknown", ")");
}

std::string Number(std::uint64_t number) { return std::to_string(number); }

// One field that must be equal, in the order in which they are looked at.
struct Check {
  std::string_view field;
  std::uint64_t expected;
  std::uint64_t found;
  std::string (*print)(std::uint64_t);
};

}  // namespace

std::uint64_t JobHash(const Key& job) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : job.text()) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

Error MessageRefused(const Key& key, std::string_view field, std::string_view expected, std::string_view found) {
  return {Code::kInternal,
          StrCat("message ", key.text(), " is refused: wrong ", field, ", expected ", expected, ", found ", found)};
}

void WriteHeader(const MessageHeader& header, Bytes& message) {
  const ByteSpan payload = ByteSpan(message).subspan(kMessageHeaderBytes);
  Wire wire = ToWire(header, payload.size());
  wire.crc = Crc32c(payload, Crc32c(ByteSpan(std::as_bytes(std::span(&wire, 1))).first(kCrcOffset)));
  std::memcpy(message.data(), &wire, sizeof(wire));
}

Result<DecodedMessage> DecodeMessage(const Key& key, ByteSpan message, const ExpectedMessage& expected) {
  if (message.size() < kMessageHeaderBytes) {
    return MessageRefused(key, "length", StrCat("at least ", kMessageHeaderBytes, " bytes"), Number(message.size()));
  }
  Wire found;
  std::memcpy(&found, message.data(), sizeof(found));
  const ByteSpan payload = message.subspan(kMessageHeaderBytes);
  Wire wanted = ToWire(expected.header, payload.size());
  if (expected.any_round) wanted.round = found.round;
  if (expected.any_elements) wanted.elements = found.elements;
  if (found.type == static_cast<std::uint16_t>(expected.or_type)) wanted.type = found.type;
  const std::uint32_t crc = Crc32c(payload, Crc32c(message.first(kCrcOffset)));
  const Check checks[] = {
      {"magic", wanted.magic, found.magic, Hex},
      {"version", wanted.version, found.version, Number},
      {"job", wanted.job, found.job, Hex},
      {"round", wanted.round, found.round, Number},
      {"sender", wanted.sender, found.sender, Number},
      {"part", wanted.part, found.part, Number},
      {"type", wanted.type, found.type, TypeText},
      {"elements", wanted.elements, found.elements, Number},
      {"tally", wanted.tally, found.tally, Number},
      {"length", found.length, payload.size(), Number},
      {"checksum", found.crc, crc, Hex},
  };
  for (const Check& check : checks) {
    if (check.expected != check.found) {
      return MessageRefused(key, check.field, check.print(check.expected), check.print(check.found));
    }
  }
  return DecodedMessage{FromWire(found), payload};
}

}  // namespace lambdaml
