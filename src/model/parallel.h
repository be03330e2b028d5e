// SPDX-License-Identifier: Apache-2.0
#pragma once

// A model that spreads the rows of a call over threads. The rows are cut into `parts` equal parts, each is computed as
// if it were alone, and the results are added in order: the bits depend on `parts` and not on who computed what when.

#include <cstddef>
#include <memory>

#include "base/background.h"
#include "model/model.h"

namespace lambdaml {

// `model` and `background` must outlive the result, whose functions are called by one thread. Calls on few rows are not
// spread.
std::unique_ptr<Model> SpreadOverThreads(const Model& model, Background& background, std::size_t parts);

}  // namespace lambdaml
