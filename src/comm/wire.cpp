// SPDX-License-Identifier: Apache-2.0
#include "comm/wire.h"

#include <cassert>
#include <cstring>
#include <optional>

#include "base/text.h"
#include "comm/wire_narrow.h"
#include "comm/wire_sparse.h"

namespace lambdaml {

namespace {

ElementType DenseTypeOf(Wire wire) {
  switch (wire) {
    case Wire::kFloat32: return ElementType::kFloat32;
    case Wire::kFloat16: return ElementType::kFloat16;
    case Wire::kBfloat16: return ElementType::kBfloat16;
    case Wire::kInt8: return ElementType::kInt8;
  }
  return ElementType::kFloat32;
}

// Appends `size` bytes without clearing them.
std::span<std::byte> Append(Bytes& out, std::size_t size) {
  out.resize(out.size() + size);
  return std::span(out).last(size);
}

void Copy(ByteSpan from, std::span<std::byte> to) {
  assert(from.size() == to.size());
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
}

Error TooShort(ElementType type, ByteSpan bytes, std::size_t elements) {
  return {Code::kInternal, StrCat(bytes.size(), " bytes are too few for ", elements, " elements of ", Name(type))};
}

}  // namespace

void RoundTo(Wire wire, Elements values) {
  const ElementType type = DenseTypeOf(wire);
  if (values.type == ElementType::kFloat32 && IsNarrow(type)) RoundToNarrow(type, values.bytes);
}

ElementType Encode(Elements values, const WireFormat& format, Bytes& out) {
  const ElementType dense = values.type == ElementType::kFloat32 ? DenseTypeOf(format.wire) : values.type;
  if (IsNarrow(dense)) {
    ToNarrow(dense, values.bytes, Append(out, NarrowBytes(dense, values.count())));
    return dense;
  }
  if (dense == ElementType::kFloat32 && format.sparse) {
    const std::optional<std::uint32_t> nonzeros = NonzerosIfShorter(values.bytes);
    if (nonzeros) {
      ToSparse(values.bytes, *nonzeros, Append(out, SparseBytes(*nonzeros)));
      return ElementType::kSparseFloat32;
    }
  }
  Copy(values.bytes, Append(out, values.bytes.size()));
  return dense;
}

bool MayTravelAs(ElementType of_values, const WireFormat& format, ElementType on_the_wire) {
  if (of_values != ElementType::kFloat32) return on_the_wire == of_values;
  if (on_the_wire == DenseTypeOf(format.wire)) return true;
  return on_the_wire == ElementType::kSparseFloat32 && format.sparse && format.wire == Wire::kFloat32;
}

Result<std::size_t> CheckEncoded(ElementType type, ByteSpan bytes, std::size_t elements) {
  if (type == ElementType::kNothing) {
    if (elements == 0) return 0;
    return TooShort(type, bytes, elements);
  }
  if (type == ElementType::kSparseFloat32) return CheckSparse(bytes, elements);
  if (!IsNarrow(type)) {
    if (elements > bytes.size() / ElementBytes(type)) return TooShort(type, bytes, elements);
    return elements * ElementBytes(type);
  }
  if (elements > bytes.size() || NarrowBytes(type, elements) > bytes.size()) return TooShort(type, bytes, elements);
  const std::size_t size = NarrowBytes(type, elements);
  TRY(CheckNarrow(type, bytes.first(size)));
  return size;
}

void Decode(const Encoded& encoded, Elements out) {
  assert(encoded.elements == out.count());
  Decoder(encoded).Next(out);
}

void Decoder::Next(Elements out) {
  const std::size_t count = out.count();
  if (count == 0) return;
  assert(position_ % kWireBlock == 0 && position_ + count <= encoded_.elements);
  if (encoded_.type == ElementType::kSparseFloat32) {
    const SparsePosition from{.element = position_, .nonzeros = nonzeros_};
    nonzeros_ = FromSparse(encoded_.bytes, from, out.bytes).nonzeros;
  } else if (IsNarrow(encoded_.type)) {
    const std::size_t begin = NarrowBytes(encoded_.type, position_);
    FromNarrow(encoded_.type, encoded_.bytes.subspan(begin, NarrowBytes(encoded_.type, count)), out.bytes);
  } else {
    assert(encoded_.type == out.type);
    Copy(encoded_.bytes.subspan(position_ * ElementBytes(out.type), out.bytes.size()), out.bytes);
  }
  position_ += count;
}

}  // namespace lambdaml
