// SPDX-License-Identifier: Apache-2.0
#include "comm/communicator_conformance.h"

namespace lambdaml {

INSTANTIATE_TEST_SUITE_P(Reduce, CommunicatorConformance, ::testing::Values("reduce"));

}  // namespace lambdaml
