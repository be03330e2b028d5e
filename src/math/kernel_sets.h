// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tables that exist on this architecture, one for each kernels_*.cpp. Only kernels.cpp chooses between them.

#include "math/kernels.h"

namespace lambdaml::math {

extern const Kernels kBaselineKernels;
#if defined(__x86_64__)
extern const Kernels kV3Kernels;  // AVX2 and FMA
extern const Kernels kV4Kernels;  // AVX-512 F, DQ, VL
#endif

}  // namespace lambdaml::math
