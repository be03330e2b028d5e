// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <array>
#include <cstdint>

#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Values pass through here on their way to and from a channel, so whole groups go by table: two characters for each 12
// bits, and for each place of a group of four characters the bits of it.
constexpr std::size_t kPairs = 4096;
constexpr std::uint32_t kNoCharacter = 0xFF000000U;

using PairTable = std::array<std::array<char, 2>, kPairs>;
using BitTables = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr PairTable kPairTable = [] {
  PairTable table{};
  for (std::size_t i = 0; i < kPairs; ++i) table[i] = {kAlphabet[i >> 6U], kAlphabet[i & 63U]};
  return table;
}();

constexpr BitTables kBitTables = [] {
  BitTables tables{};
  for (auto& table : tables) table.fill(kNoCharacter);
  for (std::size_t place = 0; place < 4; ++place) {
    for (std::uint32_t i = 0; i < 64; ++i) {
      tables[place][static_cast<unsigned char>(kAlphabet[i])] = i << (18U - 6U * place);
    }
  }
  return tables;
}();

void EncodeGroups(char* text, ByteSpan bytes) {
  for (std::size_t at = 0; at + 3 <= bytes.size(); at += 3, text += 4) {
    const auto bits = std::to_integer<std::uint32_t>(bytes[at]) << 16U |
                      std::to_integer<std::uint32_t>(bytes[at + 1]) << 8U |
                      std::to_integer<std::uint32_t>(bytes[at + 2]);
    std::memcpy(text, kPairTable[bits >> 12U].data(), 2);
    std::memcpy(text + 2, kPairTable[bits & 0xFFFU].data(), 2);
  }
}

std::uint32_t BitsOf(std::string_view group) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < group.size(); ++i) bits |= kBitTables[i][static_cast<unsigned char>(group[i])];
  return bits;
}

template <class Byte>
void Split(Byte* bytes, std::uint32_t bits, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<Byte>((bits >> (16U - 8U * i)) & 255U);
}

// Into bytes for 3 of each 4 characters begun. The last group, without its padding, may be short.
template <class Byte>
Result<void> Decode(Byte* bytes, std::string_view text) {
  std::uint32_t all = 0;
  while (text.size() >= 4) {
    const std::uint32_t bits = BitsOf(text.substr(0, 4));
    all |= bits;
    Split(bytes, bits, 3);
    bytes += 3;
    text.remove_prefix(4);
  }
  const std::uint32_t bits = BitsOf(text);
  if (((all | bits) & kNoCharacter) != 0) return Error{Code::kInvalid, "base64: a character outside of the alphabet"};
  const std::size_t rest = text.empty() ? 0 : text.size() - 1;
  if ((bits & (0xFFFFFFU >> (8U * rest))) != 0) return Error{Code::kInvalid, "base64: bits are set behind the end"};
  Split(bytes, bits, rest);
  return {};
}

template <class Container>
Result<Container> DecodedAs(std::string_view text) {
  if (text.size() % 4 != 0)
    return Error{Code::kInvalid, StrCat("base64: ", text.size(), " characters, not a multiple of 4")};
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  Container bytes;
  bytes.resize(text.size() * 3 / 4);
  TRY(Decode(bytes.data(), text));
  return bytes;
}

}  // namespace

void AppendBase64(std::string& text, ByteSpan bytes) {
  const std::size_t begin = text.size();
  text.resize(begin + Base64Size(bytes.size()), '=');
  char* const end = text.data() + text.size();
  EncodeGroups(text.data() + begin, bytes);
  const ByteSpan rest = bytes.subspan(bytes.size() / 3 * 3);
  if (rest.empty()) return;
  const auto first = std::to_integer<std::size_t>(rest[0]);
  const auto second = rest.size() > 1 ? std::to_integer<std::size_t>(rest[1]) : 0;
  std::memcpy(end - 4, kPairTable[first << 4U | second >> 4U].data(), 2);
  if (rest.size() > 1) end[-2] = kAlphabet[(second & 15U) << 2U];
}

std::string ToBase64(std::string_view bytes) {
  std::string text;
  AppendBase64(text, AsBytes(bytes));
  return text;
}

Result<std::string> FromBase64(std::string_view text) { return DecodedAs<std::string>(text); }

Result<Bytes> BytesFromBase64(std::string_view text) { return DecodedAs<Bytes>(text); }

}  // namespace lambdaml
