// SPDX-License-Identifier: Apache-2.0
#pragma once

// The safetensors file: 8 bytes of header length, a JSON header, the tensors' bytes one after the other. Shards and
// models are such files. The header is padded with spaces so that the first tensor starts at a multiple of
// kTensorAlignment. Reading never copies: a parsed file holds the Blob and its tensors are views into it.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace lambdaml {

inline constexpr std::size_t kTensorAlignment = 64;
inline constexpr std::uint64_t kTensorHeaderBytesMax = std::uint64_t{16} << 20U;

enum class TensorType { kF32, kF64, kU8, kU32, kU64, kI64 };

std::size_t SizeOf(TensorType type);
std::string_view Name(TensorType type);  // as the header spells it: "F32"

template <class T>
constexpr TensorType TensorTypeOf();
template <>
constexpr TensorType TensorTypeOf<float>() {
  return TensorType::kF32;
}
template <>
constexpr TensorType TensorTypeOf<double>() {
  return TensorType::kF64;
}
template <>
constexpr TensorType TensorTypeOf<std::uint8_t>() {
  return TensorType::kU8;
}
template <>
constexpr TensorType TensorTypeOf<std::uint32_t>() {
  return TensorType::kU32;
}
template <>
constexpr TensorType TensorTypeOf<std::uint64_t>() {
  return TensorType::kU64;
}
template <>
constexpr TensorType TensorTypeOf<std::int64_t>() {
  return TensorType::kI64;
}

// A tensor whose row-major values belong to somebody else.
struct TensorView {
  std::string name;
  TensorType type = TensorType::kF32;
  std::vector<std::uint64_t> shape;
  ByteSpan bytes;  // little-endian; as long as type and shape say
};

template <class T>
TensorView ViewOf(std::string name, std::vector<std::uint64_t> shape, std::span<const T> values) {
  return {std::move(name), TensorTypeOf<T>(), std::move(shape), std::as_bytes(values)};
}

using TensorMetadata = std::map<std::string, std::string>;

// The file's bytes. Tensors stand in the order given, without gaps: put wider element types first, so that each is
// aligned to its element.
Bytes WriteSafetensors(std::span<const TensorView> tensors, const TensorMetadata& metadata);

struct SafetensorsFile {
  std::string name;  // for messages
  Blob blob;         // owns what the tensors point to
  TensorMetadata metadata;
  std::map<std::string, TensorView, std::less<>> tensors;

  bool Has(std::string_view tensor) const { return tensors.contains(tensor); }

  // kInvalid, naming the file, when there is no such tensor.
  Result<const TensorView*> Find(std::string_view tensor) const;

  // The values of a tensor; kInvalid also when its element type is not T or it is not aligned to T.
  template <class T>
  Result<std::span<const T>> Values(std::string_view tensor) const {
    const ByteSpan bytes = TRY(TypedBytes(tensor, TensorTypeOf<T>()));
    return std::span<const T>(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T));
  }

 private:
  Result<ByteSpan> TypedBytes(std::string_view tensor, TensorType type) const;
};

// kInvalid names the file and what is wrong with it. Checks the header's size, every type, shape and offset, and that
// the tensors fill the file without gap or overlap; touches no tensor.
Result<SafetensorsFile> ParseSafetensors(Blob blob, std::string_view name);

}  // namespace lambdaml
