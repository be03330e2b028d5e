// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the operating system says of this process.

#include <cstdint>

namespace lambdaml {

// The most memory this process had resident since it was started (VmHWM of /proc/self/status); 0 if it cannot be read.
std::int64_t PeakMemoryBytes();

}  // namespace lambdaml
