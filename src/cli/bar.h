// SPDX-License-Identifier: Apache-2.0
#pragma once

// Progress of something long, in one line of a fixed width. Pure: a share in, a text out.

#include <cstddef>
#include <string>

namespace lambdaml {

// "[=====>    ]", `width` characters; `share` from 0 to 1.
std::string Bar(double share, std::size_t width);

// 75 s is "1:15", 3700 s is "1:01:40".
std::string ClockText(double seconds);

}  // namespace lambdaml
