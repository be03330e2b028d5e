// SPDX-License-Identifier: Apache-2.0
#pragma once

// CIFAR-10's binary files: records of a label's byte and 3,072 bytes of a colour image (32 x 32 of red, then green,
// then blue), read as values from 0 to 1. A folder with data_batch_1.bin to data_batch_5.bin is the train split,
// test_batch.bin in it the test split; batches.meta.txt beside them names the classes.

#include "data/format.h"

namespace lambdaml::cifar {

bool Recognise(std::string_view path, std::string_view head);
bool RecogniseFolder(const std::string& path);
Result<std::vector<SplitFiles>> Splits(const ImportOptions& options);
Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options);

}  // namespace lambdaml::cifar
