// SPDX-License-Identifier: Apache-2.0
#pragma once

// Any number of items by BatchWriteItem and BatchGetItem: split into calls that go out at the same time, with what
// DynamoDB left unprocessed asked for again.

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/dynamodb/answer.h"
#include "storage/dynamodb/request.h"
#include "storage/dynamodb/service.h"

namespace lambdaml::dynamodb {

// Each key may occur once. kUnavailable when items stay unprocessed; some are written then.
Result<void> WriteItems(Service& service, std::span<const Write> writes);

struct Wanted {
  std::string key;  // with its prefix
  Projection projection = Projection::kValue;
};

// How many keys one call asks for. DynamoDB answers with up to 1 MB from each partition and leaves the rest
// unprocessed, which costs another round trip. Since a call on its own costs next to nothing beside others, values are
// taken to be large until a batch shows how large they are. May be used from any thread.
class ReadSize {
 public:
  std::size_t keys() const { return keys_.load(std::memory_order_relaxed); }
  void Learn(std::uint64_t largest_value_bytes);

 private:
  std::atomic<std::size_t> keys_{2};
};

// One entry for each of `wanted`, in which each key may occur once.
Result<std::vector<std::optional<StoredItem>>> ReadItems(Service& service, std::span<const Wanted> wanted,
                                                         ReadSize& read_size);

}  // namespace lambdaml::dynamodb
