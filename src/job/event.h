// SPDX-License-Identifier: Apache-2.0
#pragma once

// One line of a function's log: JSON with a time, a rank and what happened (docs/formats/events.md). The live view,
// `lambdaml logs` and events.jsonl are readers of these lines.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "job/report.h"

namespace lambdaml {

struct Event {
  std::int64_t unix_ms = 0;
  std::int64_t rank = -1;               // -1: the trigger
  std::string kind;                     // "message", "loaded", "round", "epoch", "ended", "error"
  std::string message;                  // for people
  std::optional<CurvePoint> point;      // of "round" and "epoch"; "round" lines come at most every 200 ms
  std::optional<PhaseSeconds> seconds;  // so far
  std::int64_t bytes_sent = 0;
  std::int64_t bytes_received = 0;
  double epochs_total = 0;  // asked for
};

std::string ToJson(const Event& event);

// kInvalid if the line is not an event (any other output of a process).
Result<Event> ParseEvent(std::string_view line);

}  // namespace lambdaml
