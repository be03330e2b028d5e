// SPDX-License-Identifier: Apache-2.0
#include "comm/elements.h"

namespace lambdaml {

std::string_view Name(ElementType type) {
  switch (type) {
    case ElementType::kNothing: return "nothing";
    case ElementType::kByte: return "byte";
    case ElementType::kFloat32: return "float32";
    case ElementType::kFloat64: return "float64";
    case ElementType::kFloat16: return "float16";
    case ElementType::kBfloat16: return "bfloat16";
    case ElementType::kInt8: return "int8";
    case ElementType::kSparseFloat32: return "sparse float32";
  }
  return "unknown";
}

std::size_t ElementBytes(ElementType type) {
  switch (type) {
    case ElementType::kFloat32: return sizeof(float);
    case ElementType::kFloat64: return sizeof(double);
    default: return 1;
  }
}

}  // namespace lambdaml
