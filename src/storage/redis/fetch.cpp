// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/fetch.h"

#include <algorithm>

namespace lambdaml::redis {

std::size_t ValueSizes::WindowItems() const {
  return std::clamp<std::size_t>(kWindowBytes / std::max<std::uint64_t>(largest_, 1), 1, kWindowItems);
}

Result<void> Fetcher::Ask(Commands before) {
  const auto left = keys_.subspan(values_.size());
  const auto window = left.first(std::min(sizes_.WindowItems(), left.size()));
  before.Begin(1 + window.size());
  before.Add("MGET");
  for (const std::string& key : window) before.Add(key);
  asked_ = window.size();
  return connection_.Send(before, 1);
}

Result<void> Fetcher::Read(const Connection::PushSink& sink) {
  Reply reply = TRY(connection_.NextGood(sink));
  if (reply.elements.size() != asked_) return connection_.Unexpected();
  std::uint64_t largest = 0;
  values_.reserve(keys_.size());
  for (Reply& element : reply.elements) {
    largest = std::max<std::uint64_t>(largest, element.bulk.size());
    values_.push_back(element.Is(Reply::Kind::kBulk) ? std::optional(std::move(element.bulk)) : std::nullopt);
  }
  if (largest > 0) sizes_.Seen(largest);
  return {};
}

}  // namespace lambdaml::redis
