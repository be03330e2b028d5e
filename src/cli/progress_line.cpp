// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_line.h"

#include "base/text.h"
#include "cli/bar.h"
#include "cli/table.h"

namespace lambdaml {

namespace {
constexpr Clock::Duration kFrame = std::chrono::milliseconds(100);
constexpr std::size_t kBarWidth = 32;
}  // namespace

void ProgressLine::Show(double share, std::string_view what) {
  if (!terminal_.interactive() || clock_.Now() < next_) return;
  next_ = clock_.Now() + kFrame;
  const auto width = static_cast<std::size_t>(terminal_.columns()) - 1;
  const std::string text = StrCat(Bar(share, kBarWidth), " ", Fixed(100 * share, 0), " %  ", what);
  redraw_.Show(Fit(text, width) + '\n');
}

}  // namespace lambdaml
