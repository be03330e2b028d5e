// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/fetch.h"

#include <algorithm>

namespace lambdaml::redis {

std::size_t ValueSizes::WindowItems() const {
  return std::clamp<std::size_t>(kWindowBytes / std::max<std::uint64_t>(largest_, 1), 1, kWindowItems);
}

Result<Values> Fetch(Connection& connection, std::span<const std::string> keys, ValueSizes& sizes,
                     const Connection::PushSink& sink) {
  Values values;
  values.reserve(keys.size());
  while (values.size() < keys.size()) {
    const auto window = keys.subspan(values.size(), std::min(sizes.WindowItems(), keys.size() - values.size()));
    Commands commands;
    commands.Begin(1 + window.size());
    commands.Add("MGET");
    for (const std::string& key : window) commands.Add(key);
    TRY(connection.Send(commands, 1));
    Reply reply = TRY(connection.NextGood(sink));
    if (reply.elements.size() != window.size()) return connection.Unexpected();
    std::uint64_t largest = 0;
    for (Reply& element : reply.elements) {
      largest = std::max<std::uint64_t>(largest, element.bulk.size());
      values.push_back(element.Is(Reply::Kind::kBulk) ? std::optional(std::move(element.bulk)) : std::nullopt);
    }
    if (largest > 0) sizes.Seen(largest);
  }
  return values;
}

}  // namespace lambdaml::redis
