// SPDX-License-Identifier: Apache-2.0
#pragma once

// An array of rows and one of labels in NumPy's format, versions 1 to 3: rows x columns, or rows x anything, in C
// order, of little-endian floats or integers.

#include <memory>
#include <optional>
#include <string_view>

#include "data/format.h"
#include "data/input_file.h"

namespace lambdaml::npy {

inline constexpr std::string_view kMagic = "\x93NUMPY";

// Without labels they are 0.
Result<std::unique_ptr<RowReader>> OpenArrays(InputFile rows, std::optional<InputFile> labels);

}  // namespace lambdaml::npy
