// SPDX-License-Identifier: Apache-2.0
#include "cli/bar.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace lambdaml {

std::string Bar(double share, std::size_t width) {
  const std::size_t inner = std::max<std::size_t>(width, 3) - 2;
  const double known = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.0;
  const auto full = static_cast<std::size_t>(known * static_cast<double>(inner));
  std::string text(full, '=');
  if (full < inner) text += '>';
  text.resize(inner, ' ');
  return StrCat("[", text, "]");
}

std::string ClockText(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, 1e9));
  const std::string minutes_seconds = StrCat(Padded(whole / 60 % 60, whole < 3600 ? 1 : 2), ":", Padded(whole % 60, 2));
  return whole < 3600 ? minutes_seconds : StrCat(whole / 3600, ":", minutes_seconds);
}

}  // namespace lambdaml
