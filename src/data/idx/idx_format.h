// SPDX-License-Identifier: Apache-2.0
#pragma once

// IDX, the files of MNIST and Fashion-MNIST: images of unsigned bytes, read as values from 0 to 1, and their labels in
// a file of its own (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz). A folder with files of these names is
// taken whole: train-* is the train split, t10k-* the test split.

#include "data/format.h"

namespace lambdaml::idx {

bool Recognise(std::string_view path, std::string_view head);
bool RecogniseFolder(const std::string& path);
Result<std::vector<SplitFiles>> Splits(const ImportOptions& options);
Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options);

}  // namespace lambdaml::idx
