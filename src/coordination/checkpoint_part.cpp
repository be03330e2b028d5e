// SPDX-License-Identifier: Apache-2.0
#include "coordination/checkpoint_part.h"

#include "base/crc.h"
#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::uint64_t kMagic = 0x50434D4C;  // "LMCP" as bytes
constexpr std::uint64_t kVersion = 1;

constexpr std::size_t kMagicAt = 0;
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kNumberAt = 8;
constexpr std::size_t kRestartAt = 16;
constexpr std::size_t kPartAt = 24;
constexpr std::size_t kLengthAt = 32;
constexpr std::size_t kChecksumAt = 44;

void Write(Bytes& to, std::size_t at, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) to[at + i] = static_cast<std::byte>(number >> (8 * i));
}

std::uint64_t Read(ByteSpan from, std::size_t at, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i) number |= std::to_integer<std::uint64_t>(from[at + i]) << (8 * i);
  return number;
}

std::uint32_t Checksum(ByteSpan value) {
  return Crc32c(value.subspan(kPartHeaderBytes), Crc32c(value.first(kChecksumAt)));
}

Result<void> Expect(std::string_view field, std::uint64_t expected, std::uint64_t found) {
  if (found == expected) return {};
  return Error{Code::kInvalid, StrCat(field, " is ", static_cast<std::int64_t>(found), " instead of ",
                                      static_cast<std::int64_t>(expected))};
}

}  // namespace

Bytes EncodePart(const PartName& name, ByteSpan state) {
  Bytes value;
  value.reserve(kPartHeaderBytes + state.size());
  value.assign(kPartHeaderBytes, std::byte{0});
  value.insert(value.end(), state.begin(), state.end());
  Write(value, kMagicAt, kMagic, 4);
  Write(value, kVersionAt, kVersion, 2);
  Write(value, kNumberAt, static_cast<std::uint64_t>(name.number), 8);
  Write(value, kRestartAt, static_cast<std::uint64_t>(name.restart), 8);
  Write(value, kPartAt, static_cast<std::uint64_t>(name.part), 8);
  Write(value, kLengthAt, state.size(), 8);
  Write(value, kChecksumAt, Checksum(value), 4);
  return value;
}

Result<Blob> DecodePart(const PartName& expected, const Blob& value) {
  if (value.size() < kPartHeaderBytes) {
    return Error{Code::kInvalid, StrCat("part of a checkpoint has ", value.size(), " bytes, less than its header")};
  }
  const ByteSpan bytes = value.span();
  TRY(Expect("magic", kMagic, Read(bytes, kMagicAt, 4)));
  TRY(Expect("version", kVersion, Read(bytes, kVersionAt, 2)));
  TRY(Expect("number", static_cast<std::uint64_t>(expected.number), Read(bytes, kNumberAt, 8)));
  TRY(Expect("restart", static_cast<std::uint64_t>(expected.restart), Read(bytes, kRestartAt, 8)));
  TRY(Expect("part", static_cast<std::uint64_t>(expected.part), Read(bytes, kPartAt, 8)));
  TRY(Expect("length", value.size() - kPartHeaderBytes, Read(bytes, kLengthAt, 8)));
  TRY(Expect("checksum", Checksum(bytes), Read(bytes, kChecksumAt, 4)));
  return value.Slice(kPartHeaderBytes, value.size());
}

}  // namespace lambdaml
