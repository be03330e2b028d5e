// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/leftover.h"

#include <string>
#include <string_view>

#include "base/text.h"

namespace lambdaml::sim {

namespace {

constexpr std::uint64_t kRoundsPerPeriod = 32;  // of measurements
constexpr std::uint64_t kStaleCallsMax = 16;    // of a unit: so many rounds a slot may be written

std::uint64_t Number(std::string_view digits) { return static_cast<std::uint64_t>(ParseInteger(digits).value_or(0)); }

}  // namespace

Leftover LeftoverOf(const Key& key, const Key& job, int ranks) {
  const std::string_view text = std::string_view(key.text()).substr(job.text().size() + std::string_view("/x/").size());
  const std::string_view folder = text.substr(0, text.find('/'));
  const std::string_view name = text.substr(text.find('/') + 1);
  const std::uint64_t number = Number(name.substr(0, name.find('.')));
  if (folder == "measured") {
    const std::uint64_t round = number * kRoundsPerPeriod;
    return {.round = round, .last_round = round + kRoundsPerPeriod - 1, .writer = ranks - 1, .is_kept = true};
  }
  return {.round = number,
          .last_round = number + (folder == "slots" ? kStaleCallsMax : 0),
          .writer = static_cast<int>(Number(name.substr(name.rfind('.') + 1))),
          .is_kept = folder == "all"};
}

}  // namespace lambdaml::sim
