// SPDX-License-Identifier: Apache-2.0
#pragma once

// A flat map from keys to byte strings, shared by every worker of a job. All calls take many keys and the backend
// overlaps them; a caller never loops over single requests. A store may be used from several threads.
//
// Put is atomic per item: a reader sees the whole value or none. Wait blocks natively where the channel can (inotify,
// streams) and polls elsewhere. Breadth (load one, clear a prefix, copy) is written once in storage/ops.h; retries,
// metering and chunking are layers over any Store (storage/layers/).

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/key.h"
#include "base/result.h"

namespace lambdaml {

// What a channel can do; the only place where channels differ for their callers.
struct Limits {
  std::uint64_t value_bytes_max = 0;  // a larger value needs the chunk layer
  std::size_t batch_items_max = 0;    // requests of one round trip; larger batches are split by the backend
  bool survives_process = false;      // values outlive the process that wrote them
  bool waits_natively = false;        // Wait blocks without polling
  bool nests_values = true;           // a key may also be the folder of others: "a" beside "a/b"
};

enum class Condition {
  kAlways,
  kIfAbsent,  // kConflict if the key exists
};

// The value must stay alive until Put returns.
struct PutItem {
  Key key;
  ByteSpan value;
  Condition condition = Condition::kAlways;
};

// One entry for each key that was asked for, in order; nothing where the key is absent.
using Values = std::vector<std::optional<Blob>>;

struct WaitOptions {
  Clock::Time deadline;                          // then Wait returns with what is there
  std::size_t at_least = 1;                      // return as soon as this many of the keys exist; more than all: all
  const std::atomic<bool>* cancelled = nullptr;  // seen within 100 ms; then Wait returns with what is there
};

struct Entry {
  Key key;
  std::uint64_t bytes = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // Writes all items. After an error some of them may be written. kConflict if any item's condition failed; the others
  // are written all the same.
  virtual Result<void> Put(std::span<const PutItem> items) = 0;

  virtual Result<Values> Get(std::span<const Key> keys) = 0;

  // Blocks until `at_least` of the keys exist, the deadline has passed, or `cancelled` is set. Reaching the deadline is
  // not an error: the caller sees which entries are missing and knows what that means.
  virtual Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) = 0;

  // Every key that starts with `prefix` as a text, in key order.
  virtual Result<std::vector<Entry>> List(const Key& prefix) = 0;

  // Deleting what is not there succeeds.
  virtual Result<void> Delete(std::span<const Key> keys) = 0;

  virtual const Limits& limits() const = 0;

  // For messages: the URL without its secrets.
  virtual std::string name() const = 0;
};

}  // namespace lambdaml
