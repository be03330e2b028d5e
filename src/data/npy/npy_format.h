// SPDX-License-Identifier: Apache-2.0
#pragma once

// NumPy arrays (.npy, format versions 1 to 3): rows x columns, or rows x anything, in C order, of little-endian floats
// or integers. Labels are an array of their own: x.npy and y.npy, X_train.npy and y_train.npy, or as told.

#include "data/format.h"

namespace lambdaml::npy {

bool Recognise(std::string_view path, std::string_view head);
Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options);

}  // namespace lambdaml::npy
