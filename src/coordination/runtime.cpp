// SPDX-License-Identifier: Apache-2.0
#include "coordination/runtime.h"

#include <algorithm>
#include <utility>

namespace lambdaml {

namespace {

constexpr Clock::Duration kPauseMin = std::chrono::milliseconds(100);
constexpr Clock::Duration kPauseMax = std::chrono::seconds(5);

}  // namespace

Result<void> InvokeUntil(const Invoke& invoke, std::span<const std::string> payloads, Clock& clock,
                         Clock::Time deadline) {
  std::vector<std::string> waiting(payloads.begin(), payloads.end());
  for (Clock::Duration pause = kPauseMin;; pause = std::min(2 * pause, kPauseMax)) {
    const std::vector<Result<void>> results = invoke(waiting);
    std::vector<std::string> refused;
    Result<void> first;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (results[i].ok()) continue;
      if (first.ok()) first = results[i];
      if (results[i].error().code != Code::kUnavailable) return results[i];
      refused.push_back(std::move(waiting[i]));
    }
    if (refused.empty() || clock.Now() + pause > deadline) return first;
    waiting = std::move(refused);
    clock.SleepUntil(clock.Now() + pause);
  }
}

}  // namespace lambdaml
