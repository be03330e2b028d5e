// SPDX-License-Identifier: Apache-2.0
#pragma once

// One wait for values: subscribes to the channels of the keys' folders, looks at all keys, and then takes values from
// the announcements as they come. Looks at all missing keys once a second as well: for what other programs have
// written, and to notice a connection that is dead. The connection stays subscribed, for the next wait may be for the
// same folders, and leaving them would cost this one its time.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "storage/redis/fetch.h"

namespace lambdaml::redis {

class Waiter {
 public:
  // All must outlive the waiter. The keys include the store's prefix.
  Waiter(Connection& connection, std::span<const std::string> keys, ValueSizes& sizes, Clock& clock);
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Result<void> Begin(int database);

  // Until something was announced, or until a time.
  Result<void> Listen(Clock::Time until);

  const Values& values() const { return values_; }
  Values TakeValues() && { return std::move(values_); }

 private:
  void Take(const Reply& push);
  void Found(std::string_view key, const Blob& value);
  Result<void> LookFor(const std::vector<std::string>& keys);
  Result<void> LookForFirst(Commands subscription);
  Result<void> Finish(Fetcher& fetcher, const std::vector<std::string>& keys);
  std::vector<std::string> Missing() const;

  Connection& connection_;
  ValueSizes& sizes_;
  Clock& clock_;
  Connection::PushSink sink_ = [this](const Reply& push) { Take(push); };
  std::map<std::string_view, std::vector<std::size_t>> missing_;  // where each key's value belongs
  std::vector<std::string> announced_;                            // without their values
  Values values_;
  Clock::Time next_look_{};
};

}  // namespace lambdaml::redis
