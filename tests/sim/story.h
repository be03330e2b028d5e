// SPDX-License-Identifier: Apache-2.0
#pragma once

// What happened to the functions of a job, in order, for who replays it; also their log.

#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "job/event.h"
#include "tests/sim/scheduler.h"

namespace lambdaml::sim {

class Story final : public Log {
 public:
  explicit Story(const Scheduler& scheduler) : scheduler_(scheduler) {}

  void Tell(std::string_view line) {
    if (lines_.size() == kStoryMax) return;
    lines_.push_back(StrCat(Fixed(Seconds(scheduler_.now() - Scheduler::kStart), 6), " s  ", line));
  }
  const std::vector<std::string>& lines() const { return lines_; }

  // What a function logs; its curves do not matter here.
  void Line(std::string_view line) override {
    const Result<Event> event = ParseEvent(line);
    if (event.ok() && event.value().kind == "message") Tell(StrCat("  says: ", event.value().message));
  }

 private:
  static constexpr std::size_t kStoryMax = 400;

  const Scheduler& scheduler_;
  std::vector<std::string> lines_;
};

}  // namespace lambdaml::sim
