// SPDX-License-Identifier: Apache-2.0
#include "comm/automatic/measurements.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

namespace lambdaml::automatic {
namespace {

Measurements Example() {
  return {
      .speed = {.latency_seconds = 0.08, .message_seconds = 1e-4, .connection_seconds = 1e-8, .worker_seconds = 1e-9},
      .lengths = {{.vector_bytes = 4000, .candidate = 1, .seconds = {0.2, 0, 0.3}},
                  {.vector_bytes = 24, .candidate = 2, .seconds = {0, 0, 0.1}}}};
}

TEST(Measurements, ComeBackAsTheyWerePublished) {
  const auto read = ReadMeasurements(ToBytes(Example()), 3);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value().speed.latency_seconds, 0.08);
  EXPECT_EQ(read.value().speed.worker_seconds, 1e-9);
  ASSERT_EQ(read.value().lengths.size(), 2U);
  EXPECT_EQ(read.value().lengths[0].vector_bytes, 4000U);
  EXPECT_EQ(read.value().lengths[1].candidate, 2U);
  EXPECT_EQ(read.value().lengths[0].seconds, (std::vector<double>{0.2, 0, 0.3}));
}

TEST(Measurements, OfOtherCandidatesOrDamagedAreRefused) {
  const Bytes bytes = ToBytes(Example());
  EXPECT_FALSE(ReadMeasurements(bytes, 4).ok());
  EXPECT_FALSE(ReadMeasurements(ByteSpan(bytes).first(bytes.size() - 1), 3).ok());
  EXPECT_FALSE(ReadMeasurements({}, 3).ok());
  for (const double bad : {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    for (std::size_t at = 0; at < bytes.size(); at += sizeof bad) {
      Bytes damaged = bytes;
      std::memcpy(&damaged[at], &bad, sizeof bad);
      EXPECT_FALSE(ReadMeasurements(damaged, 3).ok()) << at;
    }
  }
  Bytes damaged = bytes;
  const double no_candidate = 3;
  std::memcpy(&damaged[5 * sizeof(double)], &no_candidate, sizeof no_candidate);
  EXPECT_FALSE(ReadMeasurements(damaged, 3).ok());
}

}  // namespace
}  // namespace lambdaml::automatic
