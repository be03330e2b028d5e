// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a channel's owner bills for requests, in words. The time of servers that are rented by the hour is not in it.

#include <string>
#include <string_view>

namespace lambdaml {

// "$0.00042, prices of 2026-11-01", by the backend that opens `url`; empty if there is nothing to pay.
std::string CostInWords(double dollars, std::string_view url);

// The same as a line, "cost: $0.00042, prices of 2026-11-01"; empty if there is nothing to pay.
std::string CostLine(double dollars, std::string_view url);

}  // namespace lambdaml
