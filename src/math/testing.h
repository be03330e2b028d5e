// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of kernels share: each runs on every instruction set that this processor has.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "math/kernels.h"

namespace lambdaml::math {

inline std::vector<const Kernels*> AllKernels() {
  std::vector<const Kernels*> all;
  for (const Kernels* const* kernels = SupportedKernels(); *kernels != nullptr; ++kernels) all.push_back(*kernels);
  return all;
}

inline std::string KernelsName(const ::testing::TestParamInfo<const Kernels*>& test) { return test.param->name; }

class KernelsFixture : public ::testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& kernels_ = *GetParam();
};

inline std::vector<float> Normals(std::size_t size, std::uint64_t stream, double scale = 1) {
  Random random(7, stream);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(scale * random.Normal());
  return values;
}

}  // namespace lambdaml::math
