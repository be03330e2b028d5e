// SPDX-License-Identifier: Apache-2.0
#pragma once

// NumPy's files. NPY holds one array; labels are a file of their own: x.npy and y.npy, X_train.npy and y_train.npy, or
// as told. NPZ holds several by name: x and y, x_train, y_train, x_test and y_test and their like, or as told.

#include "data/format.h"

namespace lambdaml::npy {

bool Recognise(std::string_view path, std::string_view head);
Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options);

bool RecogniseZip(std::string_view path, std::string_view head);
Result<std::vector<SplitFiles>> ZipSplits(const ImportOptions& options);
Result<std::unique_ptr<RowReader>> OpenZip(const SplitFiles& files, const ImportOptions& options);

}  // namespace lambdaml::npy
