// SPDX-License-Identifier: Apache-2.0
#pragma once

// A trained model as other programs take it (docs/guide/export.md). A standardisation is folded into the weights of a
// linear model; of k-means it stands before the centres.

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "worker/model_file.h"

namespace lambdaml {

// ONNX, operator set 13, file format 7: input "rows" [N, columns]; outputs "label" [N] and "scores" [N, classes] of
// classes, "prediction" [N, 1] of numbers, "cluster" [N] and "squared_distance" [N, 1] of clusters. kInvalid for a
// model that is neither linear nor k-means.
Result<Bytes> ExportOnnx(const TrainedModel& trained);

// JSON with the names of scikit-learn's attributes. kInvalid as above.
Result<std::string> ExportJson(const TrainedModel& trained);

}  // namespace lambdaml
