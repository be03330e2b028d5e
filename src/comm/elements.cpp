// SPDX-License-Identifier: Apache-2.0
#include "comm/elements.h"

namespace lambdaml {

std::string_view Name(ElementType type) {
  switch (type) {
    case ElementType::kNothing: return "nothing";
    case ElementType::kByte: return "byte";
    case ElementType::kFloat32: return "float32";
    case ElementType::kFloat64: return "float64";
  }
  return "unknown";
}

std::size_t ElementBytes(ElementType type) {
  switch (type) {
    case ElementType::kFloat32: return sizeof(float);
    case ElementType::kFloat64: return sizeof(double);
    case ElementType::kNothing:
    case ElementType::kByte: break;
  }
  return 1;
}

}  // namespace lambdaml
