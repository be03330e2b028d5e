// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#define LAMBDAML_VECTOR_BYTES 32
#include "math/kernel_sets.h"
#include "math/kernels.inc"

namespace lambdaml::math {

constinit const Kernels kV3Kernels = Table("v3");

}  // namespace lambdaml::math
#endif
