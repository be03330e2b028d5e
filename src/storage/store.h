// SPDX-License-Identifier: Apache-2.0
#pragma once

// A flat map from keys to byte strings, shared by every worker of a job. All calls take many keys and the backend
// overlaps them; a caller never loops over single requests. A store may be used from several threads.
//
// Put is atomic per item: a reader sees the whole value or none. Wait blocks natively where the channel can (inotify,
// subscriptions) and is turned into polling by a layer elsewhere. Breadth (load one, clear a prefix, copy) is written
// once in storage/ops.h; retries, metering and chunking are layers over any Store (storage/layers/).

#include <atomic>
#include <cstdint>
#include <limits>
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
  std::uint64_t value_bytes_max = 0;         // a larger value needs the chunk layer
  std::size_t key_bytes_max = kKeyBytesMax;  // of a whole key
  std::size_t batch_items_max = 0;           // requests of one round trip; larger batches are split by the backend
  bool survives_process = false;             // values outlive the process that wrote them
  bool waits_natively = false;               // Wait blocks without polling
  bool nests_values = true;                  // a key may also be the folder of others: "a" beside "a/b"
  bool keeps_everything = true;  // no value goes unless it is deleted; a cache may drop some when it is full

  // Where Wait does not block: the shortest and the longest sensible pause between two looks. The longest is the one at
  // which requests and lateness cost the same in a wait of T = 1 s (storage/layers/poll.h): sqrt(2 T c / f) where a
  // request costs c dollars and a function of 1,769 MB f = 2.9e-5 dollars a second.
  Clock::Duration poll_pause_min{};
  Clock::Duration poll_pause_max{};
};

enum class Condition {
  kAlways,
  kIfAbsent,  // kConflict if the key exists
  kIfEquals,  // kConflict unless the key exists and its value is `expected`
};

// Where a value is written with a condition, every writer of its key must write values that nobody else writes, with a
// condition: then a writer whose answer was lost can tell by reading whether it had won.
// Both spans must stay alive until Put returns.
struct PutItem {
  Key key;
  ByteSpan value;
  Condition condition = Condition::kAlways;
  ByteSpan expected = {};  // for kIfEquals
};

// One entry for each key that was asked for, in order; nothing where the key is absent.
using Values = std::vector<std::optional<Blob>>;

struct WaitOptions {
  Clock::Time deadline;                          // then Wait returns with what is there
  std::size_t at_least = 1;                      // return as soon as this many of the keys exist; more than all: all
  const std::atomic<bool>* cancelled = nullptr;  // seen within 100 ms; then Wait returns with what is there

  // Any of the first `urgent` keys is enough by itself: it says that waiting for the others is in vain. Where the
  // channel is polled it is seen within about two seconds.
  std::size_t urgent = 0;

  // Waits of one kind, other than 0, are alike: where the channel is polled, how long after `since` the values of
  // former ones came says when to look first. Others ignore both.
  std::uint32_t kind = 0;
  std::optional<Clock::Time> since = {};  // nothing: the begin of the wait
};

// Whether a wait with these options may return, having found `values`.
bool Enough(const Values& values, const WaitOptions& options);

inline constexpr std::uint64_t kToTheEnd = std::numeric_limits<std::uint64_t>::max();

// Which bytes of a value: `length` of them from `offset` on, or fewer where it ends. With length 0 only its size is
// told, which costs no transfer.
struct Range {
  Key key;
  std::uint64_t offset = 0;
  std::uint64_t length = kToTheEnd;
};

struct Slice {
  Blob bytes;
  std::uint64_t value_bytes = 0;  // of the whole value
};

// One entry for each range that was asked for, in order; nothing where the key is absent.
using Slices = std::vector<std::optional<Slice>>;

struct Entry {
  Key key;
  std::uint64_t bytes = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // Writes all items; of several with one key the last counts. After an error some of them may be written. kConflict if
  // any item's condition failed; the others are written all the same.
  virtual Result<void> Put(std::span<const PutItem> items) = 0;

  virtual Result<Values> Get(std::span<const Key> keys) = 0;

  // Parts of values, for what need not or cannot be in memory as a whole. By default gets them whole and cuts.
  virtual Result<Slices> Read(std::span<const Range> ranges);

  // Blocks until `at_least` of the keys or an urgent one exist, the deadline has passed, or `cancelled` is set.
  // Reaching the deadline is not an error: the caller sees which entries are missing and knows what that means. A
  // backend that cannot block (limits().waits_natively) returns at once with what is there, as by default; the poll
  // layer makes that a wait.
  virtual Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options);

  // Every key that starts with `prefix` as a text, in key order.
  virtual Result<std::vector<Entry>> List(const Key& prefix) = 0;

  // Deleting what is not there succeeds.
  virtual Result<void> Delete(std::span<const Key> keys) = 0;

  virtual const Limits& limits() const = 0;

  // For messages: the URL without its secrets.
  virtual std::string name() const = 0;
};

}  // namespace lambdaml
