// SPDX-License-Identifier: Apache-2.0
#include "math/kernels.h"

#include "math/kernel_sets.h"

namespace lambdaml::math {

namespace {

// Each list holds everything that its last processor can run, the slowest first.
constexpr const Kernels* kBaseline[] = {&kBaselineKernels, nullptr};
#if defined(__x86_64__)
constexpr const Kernels* kV3[] = {&kBaselineKernels, &kV3Kernels, nullptr};
constexpr const Kernels* kV4[] = {&kBaselineKernels, &kV3Kernels, &kV4Kernels, nullptr};
#endif

}  // namespace

const Kernels* const* SupportedKernels() {
#if defined(__x86_64__)
  const bool v3 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
                  __builtin_cpu_supports("avx512vl") != 0;
  if (v4) return kV4;
  if (v3) return kV3;
#endif
  return kBaseline;
}

const Kernels& BestKernels() {
  const Kernels* const* kernels = SupportedKernels();
  while (kernels[1] != nullptr) ++kernels;
  return **kernels;
}

}  // namespace lambdaml::math
