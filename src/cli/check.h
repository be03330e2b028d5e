// SPDX-License-Identifier: Apache-2.0
#pragma once

// What was found when one thing was checked before a job is started.

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace lambdaml {

enum class Verdict {
  kGood,
  kDoubtful,    // the job may run, but worse than expected
  kWrong,       // it cannot
  kNotChecked,  // something that is wrong comes first
};

struct Check {
  std::string what;
  Verdict verdict = Verdict::kGood;
  std::string found;  // what is right about it, or what is wrong, where, and what to do
};

inline Check Good(std::string_view what, std::string found) {
  return {std::string(what), Verdict::kGood, std::move(found)};
}
inline Check Doubtful(std::string_view what, std::string found) {
  return {std::string(what), Verdict::kDoubtful, std::move(found)};
}
inline Check Wrong(std::string_view what, std::string found) {
  return {std::string(what), Verdict::kWrong, std::move(found)};
}
inline Check NotChecked(std::string_view what, std::string_view first) {
  return {std::string(what), Verdict::kNotChecked, std::string("not checked: ") + std::string(first)};
}
inline Check CheckOf(std::string_view what, const Result<std::string>& found) {
  return found.ok() ? Good(what, found.value()) : Wrong(what, found.error().message);
}

}  // namespace lambdaml
