// SPDX-License-Identifier: Apache-2.0
#pragma once

// A channel in virtual time: one map that the stores of all processes share, with everything that a network and a
// service may do to a request, drawn from a seed. It promises what storage/store.h asks for and no more:
//
// - A call takes a time; what it does to each key happens at a moment of its own between its begin and its end.
// - A call fails (kUnavailable) with nothing done, with some items of a batch done, or with everything done.
// - What a put or delete does may happen once more, long after the call: the client, or a proxy, had given up on a
//   connection and tried again, while the first request still stood in a queue. A conditional put is decided again
//   then. What a killed process had under way is done or not.
// - A read may show a key as it was before its last change (`stale_reads`), as in a store with replicas. Waiting that
//   blocks is never stale: that is what tells it of a change.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "storage/store.h"
#include "tests/sim/process.h"

namespace lambdaml::sim {

struct ChannelOptions {
  std::uint64_t seed = 0;
  lambdaml::Limits limits{.value_bytes_max = UINT64_MAX, .batch_items_max = SIZE_MAX, .waits_natively = true};
  Clock::Duration latency_min = std::chrono::milliseconds(1);
  Clock::Duration latency_max = std::chrono::milliseconds(10);
  Clock::Duration slow_max = std::chrono::seconds(2);
  Clock::Duration repeat_max = std::chrono::seconds(20);  // how late something is done once more
  Clock::Duration stale_max = std::chrono::seconds(1);

  // Shares of calls, from 0 to 1.
  double slow = 0;
  double errors = 0;
  double lost_replies = 0;
  double repeats = 0;
  double stale_reads = 0;
};

struct FaultCounts {
  std::uint64_t slow = 0;
  std::uint64_t errors = 0;
  std::uint64_t lost_replies = 0;
  std::uint64_t repeats = 0;  // items
  std::uint64_t stale_reads = 0;
};

class Channel {
 public:
  Channel(Scheduler& scheduler, const ChannelOptions& options)
      : scheduler_(scheduler), options_(options), random_(options.seed, 1) {}

  // The channel as a backend of its own would be: without layers. It must outlive the store.
  std::unique_ptr<Store> Open(Process& process);

  const FaultCounts& faults() const { return faults_; }

  // How many values of a process there are, apart from those that came back after they were deleted.
  std::size_t ObjectsOf(const Process& writer) const;

  // The keys of all such values, apart from those that were written when their writer was dead.
  std::vector<Key> Alive() const;

  // What is there now, without a request.
  std::optional<Blob> Peek(const Key& key) const;

  // Every value goes with this probability, as in a cache that is full, or a server that starts anew and empty.
  void Lose(double share);

  // How many there have ever been.
  std::size_t WrittenBy(const Process& writer) const;

 private:
  friend class SimStore;

  // What the next call meets.
  struct Fate {
    Clock::Duration takes{};
    bool fails = false;
    bool loses_reply = false;
    bool repeats = false;
    Clock::Duration lag{};  // of what it reads
  };

  // One item of a call on its way; without a value it is deleted.
  struct Change {
    Key key;
    std::optional<Blob> value{};
    Condition condition = Condition::kAlways;
    Bytes expected{};
    const Process* writer = nullptr;
    bool is_repeat = false;
  };

  struct Cell {
    std::optional<Blob> value;
    std::optional<Blob> before;  // the change
    Clock::Time changed;
    const Process* writer = nullptr;
    bool came_back = false;      // by a repeat
    bool is_posthumous = false;  // written when its writer was dead
  };

  Fate Draw();
  bool Chance(double share) { return random_.Uniform() < share; }
  Clock::Duration UpTo(Clock::Duration longest);

  // Makes the changes between now and `end`, and perhaps again later. True is written where a condition failed.
  void Send(std::vector<Change> changes, const Fate& fate, Clock::Time end, const std::shared_ptr<bool>& refused);
  void Apply(const Change& change, const std::shared_ptr<bool>& refused);
  bool Allows(const Change& change) const;
  void WakeWaitersOf(const Key& key);

  std::optional<Blob> Look(const Key& key, Clock::Duration lag);

  Scheduler& scheduler_;
  ChannelOptions options_;
  Random random_;
  std::map<Key, Cell> cells_;
  std::map<Key, std::set<Actor>> waiters_;
  std::map<const Process*, std::size_t> written_;
  FaultCounts faults_;
};

}  // namespace lambdaml::sim
