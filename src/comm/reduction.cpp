// SPDX-License-Identifier: Apache-2.0
#include "comm/reduction.h"

#include "comm/cut.h"

namespace lambdaml {

std::vector<Stripe> StripesOf(const Exchange& exchange, const VectorSum& sum) {
  const std::size_t copies = sum.reduction->Copies(exchange.size());
  std::vector<Stripe> stripes;
  for (const Cut cut :
       CutStripes(sum.values.count(), ElementBytes(sum.values.type), copies, exchange.membership().piece_bytes)) {
    stripes.push_back({.values = sum.values.Slice(cut.first, cut.length),
                       .tally = stripes.empty() ? sum.tally : std::span<double>(),
                       .vector_elements = sum.values.count(),
                       .number = static_cast<std::uint32_t>(stripes.size())});
  }
  return stripes;
}

}  // namespace lambdaml
