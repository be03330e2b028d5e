// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of algorithms, searched by kind.

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "train/algorithm.h"

namespace lambdaml {

struct AlgorithmKind {
  std::string_view name;
  std::string_view summary;
  std::vector<FieldInfo> (*settings)();
  Result<std::unique_ptr<Algorithm>> (*make)(const Choice& choice, const Task& task);
};

std::span<const AlgorithmKind> AlgorithmKinds();

// kInvalid for an unknown kind or setting, or a value out of range.
Result<std::unique_ptr<Algorithm>> MakeAlgorithm(const Choice& choice, const Task& task);

}  // namespace lambdaml
