// SPDX-License-Identifier: Apache-2.0
#define LAMBDAML_VECTOR_BYTES 16
#include "math/kernel_sets.h"
#include "math/kernels.inc"

namespace lambdaml::math {

constinit const Kernels kBaselineKernels = Table("baseline");

}  // namespace lambdaml::math
