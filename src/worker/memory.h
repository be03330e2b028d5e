// SPDX-License-Identifier: Apache-2.0
#pragma once

// How much memory of its own a worker will need, told from the job and the dataset's manifest before anything is
// started. A forecast is made of what each part of a worker is known to keep; it errs upwards, and has been compared
// with the peaks of real workers (docs/guide/preflight.md). Files that are mapped are not counted, as the platform does
// not count them. Pure functions.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/dataset.h"
#include "job/spec.h"

namespace lambdaml {

// Processors that a function of this size has, at least one (AWS Lambda developer guide, "Configure Lambda function
// memory": 1,769 MB are one, and six are the most). Asked of the job and not of the machine, so that the same job gives
// the same bits everywhere.
std::size_t ProcessorsOf(std::int64_t memory_mb);

// A megabyte of function.memory_mb.
inline constexpr double kFunctionMegabyte = 1024.0 * 1024.0;

struct MemoryUse {
  std::string_view purpose;
  double bytes = 0;
};

// Of the rank that needs most.
struct MemoryForecast {
  std::vector<MemoryUse> uses;  // the largest first
  double vector_bytes = 0;      // of a vector as long as the parameters, which is what ranks exchange

  double bytes() const;

  // Less is certainly not enough: the forecast without what it may be too high by, and without checkpoints, to which a
  // short job does not come.
  double bytes_at_least() const;
};

// kInvalid if the model cannot be made for this data.
Result<MemoryForecast> ForecastMemory(const JobSpec& spec, const Manifest& manifest);

// The smallest changes with which the forecast fits, each by itself; nothing where there is none.
struct MemoryRemedy {
  std::optional<std::int64_t> memory_mb;
  std::optional<std::int64_t> workers;
};
Result<MemoryRemedy> RemedyFor(const JobSpec& spec, const Manifest& manifest);

}  // namespace lambdaml
