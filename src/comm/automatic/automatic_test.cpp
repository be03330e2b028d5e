// SPDX-License-Identifier: Apache-2.0
#include "comm/communicator_conformance.h"

namespace lambdaml {

INSTANTIATE_TEST_SUITE_P(Automatic, CommunicatorConformance, ::testing::Values("auto"));

}  // namespace lambdaml
