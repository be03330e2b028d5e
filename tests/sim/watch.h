// SPDX-License-Identifier: Apache-2.0
#pragma once

// The failure detector of a simulated process: it lets the process write as long as nobody has fenced it out, and holds
// what it is told against its contract. It takes a step of the process each time, as one that looks into a channel.

#include <string>

#include "base/text.h"
#include "comm/failure_detector.h"
#include "tests/sim/process.h"

namespace lambdaml::sim {

class Watch final : public FailureDetector {
 public:
  Watch(Process& process, int rank, Clock::Duration first_look) : process_(process), rank_(rank), first_(first_look) {}

  void FenceOut() { is_fenced_out_ = true; }
  bool is_fenced_out() const { return is_fenced_out_; }

  Result<void> MayWrite(std::uint64_t /*round*/) override {
    if (!is_fenced_out_) return {};
    return Error{Code::kConflict, "fenced out"};
  }

  Result<void> Missing(std::uint64_t /*round*/, std::span<const int> ranks, Clock::Duration waited) override {
    process_.Yield("look for missing ranks");
    if (ranks.empty()) return Error{Code::kInternal, "told that nobody is missing"};
    for (const int rank : ranks) {
      if (rank == rank_) return Error{Code::kInternal, "waits for itself"};
    }
    if (waited < first_) return Error{Code::kInternal, StrCat("told after ", HumanSeconds(Seconds(waited)))};
    return {};
  }

  Clock::Duration first_look() const override { return first_; }
  Clock::Duration look_every() const override { return first_ + std::chrono::seconds(1); }

 private:
  Process& process_;
  int rank_;
  Clock::Duration first_;
  bool is_fenced_out_ = false;
};

}  // namespace lambdaml::sim
