// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/waiter.h"

#include <set>

#include "storage/redis/announcement.h"

namespace lambdaml::redis {

namespace {

constexpr std::chrono::seconds kLookPause{1};
constexpr int kMessagesAtOnce = 1000;

}  // namespace

Waiter::Waiter(Connection& connection, std::span<const std::string> keys, ValueSizes& sizes, Clock& clock)
    : connection_(connection), sizes_(sizes), clock_(clock), values_(keys.size()) {
  for (std::size_t i = 0; i < keys.size(); ++i) missing_[keys[i]].push_back(i);
}

Result<void> Waiter::Begin(int database) {
  std::set<std::string> channels;
  for (const auto& [key, places] : missing_) channels.insert(ChannelOf(key, database));
  Commands commands;
  connection_.ListenTo(std::move(channels), commands);
  next_look_ = clock_.Now() + kLookPause;
  Result<void> looked = LookForFirst(std::move(commands));
  // If it was the subscription that was refused, the values are still to come.
  if (!looked.ok()) connection_.Abandon();
  return looked;
}

// What was announced before the first answer is older than that, and may have been deleted since.
Result<void> Waiter::LookForFirst(Commands subscription) {
  const std::vector<std::string> keys = Missing();
  Fetcher fetcher(connection_, keys, sizes_);
  TRY(fetcher.Ask(std::move(subscription)));
  TRY(fetcher.Read());
  return Finish(fetcher, keys);
}

Result<void> Waiter::Listen(Clock::Time until) {
  if (TRY(connection_.Readable(until))) {
    int messages = 0;
    do sink_(TRY(connection_.NextOfAny()));
    while (!missing_.empty() && ++messages < kMessagesAtOnce && TRY(connection_.Readable({})));
  }
  if (!announced_.empty()) return LookFor(std::exchange(announced_, {}));
  if (clock_.Now() < next_look_) return {};
  next_look_ = clock_.Now() + kLookPause;
  return LookFor(Missing());
}

void Waiter::Take(const Reply& push) {
  if (push.elements.size() != 3 || push.elements[0].bulk.text() != "message") return;
  const std::optional<Announcement> announcement = ReadAnnouncement(push.elements[2].bulk);
  if (!announcement || !missing_.contains(announcement->key)) return;
  if (announcement->value) {
    Found(announcement->key, *announcement->value);
  } else {
    announced_.emplace_back(announcement->key);
  }
}

void Waiter::Found(std::string_view key, const Blob& value) {
  const auto at = missing_.find(key);
  if (at == missing_.end()) return;
  for (const std::size_t place : at->second) values_[place] = value;
  missing_.erase(at);
}

Result<void> Waiter::LookFor(const std::vector<std::string>& keys) {
  Fetcher fetcher(connection_, keys, sizes_);
  return Finish(fetcher, keys);
}

Result<void> Waiter::Finish(Fetcher& fetcher, const std::vector<std::string>& keys) {
  while (!fetcher.done()) {
    TRY(fetcher.Ask());
    TRY(fetcher.Read(sink_));
  }
  const Values values = std::move(fetcher).TakeValues();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (values[i]) Found(keys[i], *values[i]);
  }
  return {};
}

std::vector<std::string> Waiter::Missing() const {
  std::vector<std::string> keys;
  for (const auto& [key, places] : missing_) keys.emplace_back(key);
  return keys;
}

}  // namespace lambdaml::redis
