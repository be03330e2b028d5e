// SPDX-License-Identifier: Apache-2.0
#include "comm/communicator_conformance.h"

namespace lambdaml {

INSTANTIATE_TEST_SUITE_P(AllGather, CommunicatorConformance, ::testing::Values("all_gather"));

}  // namespace lambdaml
