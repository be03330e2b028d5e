// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#define LAMBDAML_VECTOR_BYTES 64
#include "math/kernel_sets.h"
#include "math/kernels.inc"

namespace lambdaml::math {

constinit const Kernels kV4Kernels = Table("v4");

}  // namespace lambdaml::math
#endif
