// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one rank has measured, as it tells the others: by these numbers all of them choose alike.

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "comm/channel_speed.h"

namespace lambdaml::automatic {

// Of vectors of one length.
struct MeasuredLength {
  std::uint64_t vector_bytes = 0;
  std::size_t candidate = 0;    // in use
  std::vector<double> seconds;  // of a round by each candidate; 0: not measured
};

struct Measurements {
  ChannelSpeed speed;
  std::vector<MeasuredLength> lengths;
};

Bytes ToBytes(const Measurements& measurements);

// kInternal if these are not the measurements of so many candidates.
Result<Measurements> ReadMeasurements(ByteSpan bytes, std::size_t candidates);

}  // namespace lambdaml::automatic
