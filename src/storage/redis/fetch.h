// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading many values over one connection, in windows: as many as fit into the server's memory beside the values
// themselves, and into the wire while one round trip lasts. Keys include the store's prefix.

#include <atomic>
#include <span>
#include <string>

#include "storage/redis/connection.h"
#include "storage/store.h"

namespace lambdaml::redis {

inline constexpr std::size_t kWindowBytes = std::size_t{16} << 20U;
inline constexpr std::size_t kWindowItems = 1000;

// How large a store's values are, as far as was seen last: what a window of unknown values is planned with.
class ValueSizes {
 public:
  void Seen(std::uint64_t largest) { largest_ = largest; }
  std::uint64_t largest() const { return largest_; }
  std::size_t WindowItems() const;

 private:
  std::atomic<std::uint64_t> largest_{kWindowBytes / 64};
};

class Fetcher {
 public:
  // All must outlive it.
  Fetcher(Connection& connection, std::span<const std::string> keys, ValueSizes& sizes)
      : connection_(connection), keys_(keys), sizes_(sizes) {}

  bool done() const { return values_.size() == keys_.size(); }

  // Asks for the next window. What `before` holds, commands without replies, is sent with it.
  Result<void> Ask(Commands before = {});

  // Reads what was asked for. Messages that come before it go to `sink`.
  Result<void> Read(const Connection::PushSink& sink = {});

  Values TakeValues() && { return std::move(values_); }

 private:
  Connection& connection_;
  std::span<const std::string> keys_;
  ValueSizes& sizes_;
  std::size_t asked_ = 0;  // keys of the window
  Values values_;
};

}  // namespace lambdaml::redis
