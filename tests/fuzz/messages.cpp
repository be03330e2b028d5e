// SPDX-License-Identifier: Apache-2.0
// Messages between ranks: the bytes as a whole message; and without their first three as elements, whose type and
// number these are. Elements that are accepted must be those of a message again.
#include "comm/message.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "comm/canonical_sum.h"
#include "comm/wire.h"
#include "fuzz.h"

using namespace lambdaml;

namespace {

WireFormat FormatOf(ElementType type) {
  switch (type) {
    case ElementType::kFloat16: return {.wire = Wire::kFloat16};
    case ElementType::kBfloat16: return {.wire = Wire::kBfloat16};
    case ElementType::kInt8: return {.wire = Wire::kInt8};
    default: return {};
  }
}

template <class T>
bool Same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(a, b, [](T x, T y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

template <class T>
void SendAgain(const Encoded& encoded) {
  std::vector<T> values(encoded.elements);
  Decode(encoded, Elements::Of(std::span(values)));
  Bytes bytes;
  const ElementType type = Encode(Elements::Of(std::span(values)), FormatOf(encoded.type), bytes);
  const Result<std::size_t> size = CheckEncoded(type, bytes, values.size());
  if (!size.ok() || size.value() != bytes.size()) std::abort();

  const Encoded both[] = {{type, bytes, values.size()}, encoded};
  std::vector<T> sum(values.size());
  CanonicalSum(std::span(both).first(1), Accumulate::kFloat32, Elements::Of(std::span(sum)));
  if (!Same(sum, values)) std::abort();
  CanonicalSum(both, Accumulate::kFloat64, Elements::Of(std::span(sum)));
  for (T& value : values) value += value;
  if (!Same(sum, values)) std::abort();
}

void ReadElements(ByteSpan input) {
  if (input.size() < 3) return;
  const auto type = ElementType{static_cast<std::uint8_t>(input[0])};
  const std::size_t elements = std::to_integer<std::size_t>(input[1]) + 256 * std::to_integer<std::size_t>(input[2]);
  const Blob bytes(ToBytes(input.subspan(3)));  // its own memory, so that a read behind it is noticed
  const Result<std::size_t> size = CheckEncoded(type, bytes.span(), elements);
  if (!size.ok() || type < ElementType::kFloat32 || type > ElementType::kSparseFloat32) return;
  const Encoded encoded{type, bytes.span().first(size.value()), elements};
  if (type == ElementType::kFloat64) return SendAgain<double>(encoded);
  SendAgain<float>(encoded);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input = AsBytes(fuzz::Text(data, size));
  fuzz::Ignore(DecodeMessage(Key("fuzz"), input, {}));
  ReadElements(input);
  return 0;
}
