// SPDX-License-Identifier: Apache-2.0
#pragma once

// The contract of comm/communicator.h as tests, the same for every pattern. A pattern's test is one line:
//
//   INSTANTIATE_TEST_SUITE_P(Reduce, CommunicatorConformance, ::testing::Values("reduce"));

#include <gtest/gtest.h>

#include <string>

#include "base/clock.h"
#include "comm/observed_store.h"
#include "comm/test_ranks.h"

namespace lambdaml {

class CommunicatorConformance : public ::testing::TestWithParam<const char*> {
 protected:
  Session SessionOf(int size) { return {.store = store_, .clock = clock_, .pattern = GetParam(), .size = size}; }

  SystemClock clock_;
  ObservedStore store_{clock_};
};

}  // namespace lambdaml
