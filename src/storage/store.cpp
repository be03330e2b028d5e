// SPDX-License-Identifier: Apache-2.0
#include "storage/store.h"

#include <algorithm>

namespace lambdaml {

bool Enough(const Values& values, const WaitOptions& options) {
  const auto is_there = [](const std::optional<Blob>& value) { return value.has_value(); };
  const auto urgent = std::span(values).first(std::min(options.urgent, values.size()));
  if (std::ranges::any_of(urgent, is_there)) return true;
  const auto there = static_cast<std::size_t>(std::ranges::count_if(values, is_there));
  return there >= std::min(options.at_least, values.size());
}

Result<Slices> Store::Read(std::span<const Range> ranges) {
  std::vector<Key> keys;
  for (const Range& range : ranges) keys.push_back(range.key);
  const Values values = TRY(Get(keys));
  Slices parts(ranges.size());
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (!values[i]) continue;
    parts[i] = Slice{.bytes = values[i]->Slice(ranges[i].offset, ranges[i].length), .value_bytes = values[i]->size()};
  }
  return parts;
}

Result<Values> Store::Wait(std::span<const Key> keys, const WaitOptions& /*options*/) { return Get(keys); }

}  // namespace lambdaml
