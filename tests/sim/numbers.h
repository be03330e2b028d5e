// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the ranks of a simulated job contribute, and what every sum must be. A contribution depends on the plan, the
// unit, the call within it and the rank alone, so that whoever takes over contributes the same.

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "comm/elements.h"
#include "tests/sim/plan.h"

namespace lambdaml::sim {

struct CallId {
  std::size_t unit = 0;
  std::size_t call = 0;

  auto operator<=>(const CallId&) const = default;
};

std::vector<float> FloatsOf(const Plan& plan, const CallId& id, int rank);

// `stream` tells the tally of a call from its vector.
std::vector<double> DoublesOf(const Plan& plan, const CallId& id, int rank, std::size_t length, std::uint64_t stream);

// The bytes of a broadcast.
Bytes NewsOf(const Plan& plan, const CallId& id);

// Holds what every rank has got against the sum in memory, bit for bit.
class References {
 public:
  explicit References(const Plan& plan) : plan_(plan) {}

  Result<void> CheckFloats(const CallId& id, const std::vector<float>& got);
  Result<void> CheckDoubles(const CallId& id, const std::vector<double>& got, std::uint64_t stream);

 private:
  const Plan& plan_;
  std::map<std::tuple<CallId, std::uint64_t>, Bytes> expected_;  // by call and stream
};

}  // namespace lambdaml::sim
