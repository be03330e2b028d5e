// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of models, searched by kind.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/field.h"
#include "model/model.h"

namespace lambdaml {

// The shape of the data that a model is made for.
struct Shape {
  std::size_t columns = 0;
  std::size_t classes = 0;                  // 0: labels are real numbers
  std::vector<std::uint64_t> class_rows{};  // training rows of each class; empty: not known
};

struct ModelKind {
  std::string_view name;
  std::string_view summary;
  Learns learns;
  std::vector<FieldInfo> (*settings)();
  Result<std::unique_ptr<Model>> (*make)(const Choice& choice, const Shape& shape);
};

std::span<const ModelKind> ModelKinds();

// kInvalid for an unknown kind or setting, a value out of range, or a shape that the model cannot learn.
Result<std::unique_ptr<Model>> MakeModel(const Choice& choice, const Shape& shape);

}  // namespace lambdaml
