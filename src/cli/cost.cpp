// SPDX-License-Identifier: Apache-2.0
#include "cli/cost.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "storage/registry.h"

namespace lambdaml {

namespace {

// Cents, or two digits that count.
std::string DollarText(double dollars) {
  const int digits = 1 - static_cast<int>(std::floor(std::log10(dollars)));
  return StrCat("$", Fixed(dollars, std::clamp(digits, 2, 12)));
}

std::string_view PriceDate(std::string_view url) {
  const std::string_view scheme = url.substr(0, url.find(':'));
  for (const Backend& backend : Backends()) {
    if (backend.scheme == scheme) return backend.prices.as_of;
  }
  return {};
}

}  // namespace

std::string CostInWords(double dollars, std::string_view url) {
  if (!(dollars > 0)) return "";
  const std::string_view date = PriceDate(url);
  return date.empty() ? DollarText(dollars) : StrCat(DollarText(dollars), ", prices of ", date);
}

std::string CostLine(double dollars, std::string_view url) {
  const std::string cost = CostInWords(dollars, url);
  return cost.empty() ? "" : StrCat("cost: ", cost, "\n");
}

}  // namespace lambdaml
