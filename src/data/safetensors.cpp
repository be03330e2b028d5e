// SPDX-License-Identifier: Apache-2.0
#include "data/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "base/text.h"
#include "data/json_fields.h"

namespace lambdaml {

namespace {

static_assert(std::endian::native == std::endian::little, "tensors are little-endian in the file and in memory");

constexpr std::size_t kLengthBytes = 8;
constexpr std::string_view kMetadata = "__metadata__";

struct TypeEntry {
  std::string_view name;
  std::size_t size;
};

// In the order of TensorType.
constexpr std::array kTypes{TypeEntry{"F32", 4}, TypeEntry{"F64", 8}, TypeEntry{"U8", 1},
                            TypeEntry{"U32", 4}, TypeEntry{"U64", 8}, TypeEntry{"I64", 8}};

Result<TensorType> TypeOf(std::string_view name) {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].name == name) return static_cast<TensorType>(i);
  }
  return Error{Code::kInvalid, StrCat("element type '", name, "' is not one of F32, F64, U8, U32, U64, I64")};
}

std::string HeaderText(std::span<const TensorView> tensors, const TensorMetadata& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[std::string(kMetadata)] = metadata;
  std::uint64_t offset = 0;
  for (const TensorView& tensor : tensors) {
    const std::uint64_t end = offset + tensor.bytes.size();
    header[tensor.name] = {{"dtype", Name(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = json::Dump(header, -1);
  const std::size_t used = (kLengthBytes + text.size()) % kTensorAlignment;
  if (used != 0) text.append(kTensorAlignment - used, ' ');
  return text;
}

Result<std::vector<std::uint64_t>> Counts(const json::Value& object, std::string_view name) {
  std::vector<std::uint64_t> counts;
  for (const json::Value& entry : *TRY(json::List(object, name))) {
    if (!entry.is_number_unsigned()) return Error{Code::kInvalid, StrCat("'", name, "' holds what is not a count")};
    counts.push_back(entry.get<std::uint64_t>());
  }
  return counts;
}

// Nothing when the product does not fit.
std::optional<std::uint64_t> BytesOf(TensorType type, std::span<const std::uint64_t> shape) {
  std::uint64_t bytes = SizeOf(type);
  for (const std::uint64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) return std::nullopt;
  }
  return bytes;
}

Result<TensorView> ParseTensor(const std::string& name, const json::Value& entry, ByteSpan data) {
  TensorView tensor{.name = name, .type = {}, .shape = {}, .bytes = {}};
  tensor.type = TRY(TypeOf(TRY(json::Text(entry, "dtype"))));
  tensor.shape = TRY(Counts(entry, "shape"));
  const std::vector<std::uint64_t> offsets = TRY(Counts(entry, "data_offsets"));
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data.size()) {
    return Error{Code::kInvalid, StrCat("its data_offsets lie outside the ", data.size(), " bytes of data")};
  }
  tensor.bytes = data.subspan(offsets[0], offsets[1] - offsets[0]);
  if (BytesOf(tensor.type, tensor.shape) != tensor.bytes.size()) {
    return Error{Code::kInvalid, StrCat("it has ", tensor.bytes.size(), " bytes, which its type and shape contradict")};
  }
  return tensor;
}

Result<TensorMetadata> ParseMetadata(const json::Value& entry) {
  TensorMetadata metadata;
  if (!entry.is_object()) return Error{Code::kInvalid, "__metadata__ is not an object"};
  for (const auto& [name, value] : entry.items()) {
    if (!value.is_string()) return Error{Code::kInvalid, StrCat("__metadata__ '", name, "' is not a text")};
    metadata[name] = value.get<std::string>();
  }
  return metadata;
}

// The tensors must tile the data: a gap or an overlap means a damaged or forged header.
Result<void> CheckTiling(const SafetensorsFile& file, ByteSpan data) {
  std::vector<ByteSpan> pieces;
  for (const auto& [name, tensor] : file.tensors) pieces.push_back(tensor.bytes);
  std::sort(pieces.begin(), pieces.end(),
            [](ByteSpan a, ByteSpan b) { return a.data() != b.data() ? a.data() < b.data() : a.size() < b.size(); });
  const std::byte* expected = data.data();
  for (const ByteSpan piece : pieces) {
    if (piece.data() != expected) return Error{Code::kInvalid, "its tensors overlap or leave a gap"};
    expected += piece.size();
  }
  if (expected != data.data() + data.size()) {
    return Error{Code::kInvalid, StrCat("it has ", static_cast<std::size_t>(data.data() + data.size() - expected),
                                        " bytes after its last tensor")};
  }
  return {};
}

Result<std::string_view> HeaderOf(const Blob& blob) {
  if (blob.size() < kLengthBytes) return Error{Code::kInvalid, "it is too short to be a safetensors file"};
  std::uint64_t length = 0;
  std::memcpy(&length, blob.data(), kLengthBytes);
  if (length > kTensorHeaderBytesMax) {
    return Error{Code::kInvalid, StrCat("it is not a safetensors file (a header of ", length, " bytes)")};
  }
  if (length > blob.size() - kLengthBytes) {
    return Error{Code::kInvalid, StrCat("it is cut short: a header of ", length, " bytes in a file of ", blob.size())};
  }
  return blob.text().substr(kLengthBytes, length);
}

Result<SafetensorsFile> Parse(Blob blob, std::string_view name) {
  const std::string_view text = TRY(HeaderOf(blob));
  const json::Value header = TRY(json::Parse(text).Context("header"));
  const ByteSpan data = blob.span().subspan(kLengthBytes + text.size());
  SafetensorsFile file;
  file.name = name;
  file.blob = std::move(blob);
  for (const auto& [key, entry] : header.items()) {
    if (key == kMetadata) {
      file.metadata = TRY(ParseMetadata(entry));
    } else {
      file.tensors.emplace(key, TRY(ParseTensor(key, entry, data).Context(StrCat("tensor '", key, "'"))));
    }
  }
  TRY(CheckTiling(file, data));
  return file;
}

}  // namespace

std::size_t SizeOf(TensorType type) { return kTypes[static_cast<std::size_t>(type)].size; }
std::string_view Name(TensorType type) { return kTypes[static_cast<std::size_t>(type)].name; }

Bytes WriteSafetensors(std::span<const TensorView> tensors, const TensorMetadata& metadata) {
  const std::string header = HeaderText(tensors, metadata);
  std::size_t size = kLengthBytes + header.size();
  for (const TensorView& tensor : tensors) size += tensor.bytes.size();
  Bytes file(size);
  const std::uint64_t length = header.size();
  std::memcpy(file.data(), &length, kLengthBytes);
  std::memcpy(file.data() + kLengthBytes, header.data(), header.size());
  std::byte* at = file.data() + kLengthBytes + header.size();
  for (const TensorView& tensor : tensors) at = std::copy(tensor.bytes.begin(), tensor.bytes.end(), at);
  return file;
}

Result<const TensorView*> SafetensorsFile::Find(std::string_view tensor) const {
  const auto at = tensors.find(tensor);
  if (at == tensors.end()) return Error{Code::kInvalid, StrCat(name, ": there is no tensor '", tensor, "'")};
  return &at->second;
}

Result<ByteSpan> SafetensorsFile::TypedBytes(std::string_view tensor, TensorType type) const {
  const TensorView& view = *TRY(Find(tensor));
  if (view.type != type) {
    return Error{Code::kInvalid, StrCat(name, ": tensor '", tensor, "' is ", Name(view.type), ", not ", Name(type))};
  }
  if (reinterpret_cast<std::uintptr_t>(view.bytes.data()) % SizeOf(type) != 0) {
    return Error{Code::kInvalid, StrCat(name, ": tensor '", tensor, "' is not aligned to its elements")};
  }
  return view.bytes;
}

Result<SafetensorsFile> ParseSafetensors(Blob blob, std::string_view name) {
  return Parse(std::move(blob), name).Context(name);
}

}  // namespace lambdaml
