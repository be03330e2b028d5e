// SPDX-License-Identifier: Apache-2.0
#pragma once

// What all patterns share: one rank's end of the exchange of messages through a store. A collective call is a number
// (its round), a deadline, and some Posts and Collects between Begin and its end.
//
// - Collect says beforehand which messages it expects, so a contribution counts once, however often it is written.
// - Every wait has a deadline; its error names the missing ranks. The job's abort key ends every wait at once.
// - A rank deletes what it wrote itself, and only when every reader is done: when a call has synchronised all ranks,
//   each of them has begun it and so has ended all calls before. What may tell a rank that takes over the result of a
//   call stays until it is forgotten (membership.h). What the last rounds leave is cleared with the job's prefix.
// - The failure detector is asked before every write, and told of every wait that is long.
//
// Begin is called by one thread; the other functions may be called from several.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "comm/channel_speed.h"
#include "comm/elements.h"
#include "comm/membership.h"
#include "comm/message_key.h"
#include "comm/sweep.h"

namespace lambdaml {

// The result of a call that others may have ended, as a rank that takes over must expect.
struct KnownResult {
  std::vector<Key> keys;  // of the messages that tell it
  std::atomic<bool> is_there = false;
};

// One collective call in progress.
struct Collective {
  std::uint64_t round = 0;
  std::uint64_t ended_before = 0;  // this rank has ended every call below this number
  Clock::Time began;
  Clock::Time deadline;
  std::optional<Clock::Time> together;          // when all ranks last ended a call at about the same time
  std::shared_ptr<std::atomic<bool>> given_up;  // part of it has failed, so that the others need not wait

  std::shared_ptr<KnownResult> result{};  // nothing: not to be looked for
};

struct Outgoing {
  Inbox to;
  std::uint32_t part = 0;      // number of the part, where a vector is cut
  std::uint64_t elements = 0;  // of the whole vector
  Elements values{};           // bytes and numbers must stay as they are until Post returns
  std::span<const double> tally{};
  bool may_be_recalled = true;  // a message to all ranks stays for whoever takes over
};

struct Incoming {
  Inbox inbox;
  int sender = 0;
  std::uint32_t part = 0;
  std::optional<std::uint64_t> elements{};  // of the whole vector; nothing: any, and a payload of any length
  ElementType type = ElementType::kNothing;
  std::size_t part_elements = 0;
  std::size_t tally = 0;
  std::optional<std::uint64_t> round{};  // nothing: that of the call
  std::optional<Key> key{};              // of a message of any round that is not under the key of its own
};

// A message that has been checked; what it consists of lies within `message`, which keeps it alive.
struct Arrival {
  Blob message;
  Encoded values;
  ByteSpan tally;
  std::uint64_t round = 0;
};

class Exchange {
 public:
  explicit Exchange(const Membership& membership);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  int rank() const { return membership_.rank; }
  int size() const { return membership_.size; }
  const Membership& membership() const { return membership_; }
  std::uint64_t next_round() const { return next_round_; }
  std::uint64_t rounds() const { return next_round_ - membership_.first_round; }  // begun so far

  // `concurrent`: how many calls before this one may still be under way. Fails if messages of rounds that are over
  // could not be deleted.
  Result<Collective> Begin(std::uint64_t concurrent = 0);

  // The call that comes next, without beginning it; and counting it as one that is over without taking part in it.
  Collective Next(std::uint64_t concurrent = 0) const;
  Result<void> Skip();

  // What this rank would have written in a call that is over, and the one that it takes over from has: to be deleted.
  void Inherit(const Collective& call, std::span<const Outgoing> messages);
  void Inherit(const Key& key, std::uint64_t last_round);

  // Writes all messages in one Store::Put.
  Result<void> Post(const Collective& call, std::span<const Outgoing> messages);

  // Waits for every expected message and returns them in the order of `expected`. Waits of one kind are alike: those of
  // one pattern for the same step.
  Result<std::vector<Arrival>> Collect(const Collective& call, std::span<const Incoming> expected,
                                       std::uint32_t kind = 0);

  // The senders whose messages are not there at this moment, each once, by rank.
  Result<std::vector<int>> Absent(const Collective& call, std::span<const Incoming> expected);

  // Writes this rank's message under a key of its own unless there is one already, and returns whichever is there: what
  // several processes of one rank decide differently is decided by the first. It is deleted when every rank has ended
  // the calls up to `last_round`.
  Result<Arrival> PostOnce(const Collective& call, const Outgoing& message, const Key& key, std::uint64_t last_round);

  // A slot holds the newest message of its writer: written again and again, under one key for each generation.
  Result<void> PostSlot(const Collective& call, std::uint64_t generation, const Outgoing& message);

  // With this call every rank stops reading the slots of this generation.
  void RetireSlot(const Collective& call, std::uint64_t generation);

  // Those of these messages that are there at this moment, in the order of `expected`. Sees the abort key, too: a rank
  // that never waits must end with the others.
  Result<std::vector<std::optional<Arrival>>> Peek(const Collective& call, std::span<const Incoming> expected);

  // The same for keys, unchecked; and what Peek does with each of them.
  Result<Values> Get(std::span<const Key> keys);
  Result<Arrival> Check(const Collective& call, const Incoming& expected, const Key& key, const Blob& message);
  Key KeyOf(const Collective& call, const Incoming& expected) const;

  // By the writes so far.
  ChannelSpeed speed() const;

  // To be told when a call has ended that no rank can end before every rank has begun it.
  void Synchronised(const Collective& call);

  // To be told when it is known that every rank has ended all calls below `round`.
  void ReadersDone(std::uint64_t round) { sweep_.ReadersDone(round); }

  // No rank will take over at a call below `round`.
  void Forget(std::uint64_t round) { sweep_.Forget(round); }

 private:
  struct Heard {
    Clock::Time when;
    std::uint64_t round = 0;
  };

  ByteSpan Encode(const Collective& call, const Outgoing& message, Bytes& buffer) const;
  Key KeyOf(const Collective& call, const Outgoing& message) const;
  Sweep::Life LifeOf(const Outgoing& message) const;
  Result<void> MayWrite(std::uint64_t round) const;
  Error Aborted(const Blob& reason) const;
  Error Missing(const Collective& call, std::span<const Incoming> expected, std::span<const Key> keys,
                const Values& values);
  std::string LastHeard(int sender);

  Membership membership_;
  std::uint64_t job_hash_;
  std::uint64_t next_round_;
  Sweep sweep_;

  mutable std::mutex mutex_;  // of what follows
  SpeedEstimate speed_;
  std::optional<Clock::Time> together_;
  std::vector<std::optional<Heard>> heard_;  // by rank
  std::vector<Bytes> buffers_;               // not in use, kept for their memory
};

// "rank 3" or "ranks 1, 3" for a message; of very many only the first.
std::string RankNames(std::span<const int> ranks);

}  // namespace lambdaml
