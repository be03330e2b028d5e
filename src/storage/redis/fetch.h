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

// Messages that come between go to `sink`.
Result<Values> Fetch(Connection& connection, std::span<const std::string> keys, ValueSizes& sizes,
                     const Connection::PushSink& sink = {});

}  // namespace lambdaml::redis
