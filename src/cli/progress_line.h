// SPDX-License-Identifier: Apache-2.0
#pragma once

// How far something is: a bar on a terminal, nothing in a pipe. Drawn at most ten times a second.

#include <string_view>

#include "base/clock.h"
#include "cli/terminal.h"

namespace lambdaml {

class ProgressLine {
 public:
  ProgressLine(Terminal& terminal, Clock& clock) : terminal_(terminal), clock_(clock), redraw_(terminal) {}

  // `share` from 0 to 1; `what` follows the bar.
  void Show(double share, std::string_view what);
  void End() { redraw_.Clear(); }

 private:
  Terminal& terminal_;
  Clock& clock_;
  Redraw redraw_;
  Clock::Time next_{};
};

}  // namespace lambdaml
