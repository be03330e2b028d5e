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
  commands.Begin(1 + channels.size());
  commands.Add("SUBSCRIBE");
  for (const std::string& channel : channels) commands.Add(channel);
  // Its answers are messages, unless it is refused: then the first reply of all is the refusal.
  TRY(connection_.Send(commands, 0));
  next_look_ = clock_.Now() + kLookPause;
  Result<void> looked = LookFor(Missing());
  if (!looked.ok()) connection_.Abandon();
  return looked;
}

Result<void> Waiter::Listen(Clock::Time until) {
  if (TRY(connection_.Readable(until))) {
    int messages = 0;
    do sink_(TRY(connection_.NextOfAny()));
    while (++messages < kMessagesAtOnce && TRY(connection_.Readable({})));
  }
  if (!announced_.empty()) return LookFor(std::exchange(announced_, {}));
  if (clock_.Now() < next_look_) return {};
  next_look_ = clock_.Now() + kLookPause;
  return LookFor(Missing());
}

Result<void> Waiter::End() {
  Commands commands;
  commands.Command("UNSUBSCRIBE");
  commands.Command("PING");  // whose answer ends those of the other
  return connection_.SendAndForget(commands, 1);
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
  found_ += at->second.size();
  missing_.erase(at);
}

Result<void> Waiter::LookFor(const std::vector<std::string>& keys) {
  const Values values = TRY(Fetch(connection_, keys, sizes_, sink_));
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
