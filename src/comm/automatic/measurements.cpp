// SPDX-License-Identifier: Apache-2.0
#include "comm/automatic/measurements.h"

#include <cmath>
#include <cstring>
#include <span>

namespace lambdaml::automatic {

namespace {

constexpr std::size_t kSpeeds = 4;
constexpr double kBytesMax = 1e15;  // exact as a double

bool IsMeasure(double number) { return std::isfinite(number) && number >= 0; }

}  // namespace

Bytes ToBytes(const Measurements& measurements) {
  const ChannelSpeed& speed = measurements.speed;
  std::vector<double> numbers{speed.latency_seconds, speed.message_seconds, speed.connection_seconds,
                              speed.worker_seconds};
  for (const MeasuredLength& length : measurements.lengths) {
    numbers.push_back(static_cast<double>(length.vector_bytes));
    numbers.push_back(static_cast<double>(length.candidate));
    numbers.insert(numbers.end(), length.seconds.begin(), length.seconds.end());
  }
  return lambdaml::ToBytes(std::as_bytes(std::span(numbers)));
}

Result<Measurements> ReadMeasurements(ByteSpan bytes, std::size_t candidates) {
  const Error damaged{Code::kInternal, "measurements of the channel are damaged"};
  std::vector<double> numbers(bytes.size() / sizeof(double));
  const std::size_t per_length = 2 + candidates;
  if (bytes.size() % sizeof(double) != 0 || numbers.size() < kSpeeds || (numbers.size() - kSpeeds) % per_length != 0) {
    return damaged;
  }
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  for (const double number : numbers) {
    if (!IsMeasure(number)) return damaged;
  }
  Measurements read{.speed = {numbers[0], numbers[1], numbers[2], numbers[3]}, .lengths = {}};
  for (std::size_t at = kSpeeds; at < numbers.size(); at += per_length) {
    if (numbers[at] > kBytesMax || numbers[at + 1] >= static_cast<double>(candidates)) return damaged;
    const auto seconds = numbers.begin() + static_cast<std::ptrdiff_t>(at + 2);
    read.lengths.push_back({.vector_bytes = static_cast<std::uint64_t>(numbers[at]),
                            .candidate = static_cast<std::size_t>(numbers[at + 1]),
                            .seconds = {seconds, seconds + static_cast<std::ptrdiff_t>(candidates)}});
  }
  return read;
}

}  // namespace lambdaml::automatic
