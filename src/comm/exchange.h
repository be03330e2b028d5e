// SPDX-License-Identifier: Apache-2.0
#pragma once

// What all patterns share: one rank's end of the exchange of messages through a store. A collective call is a number
// (its round), a deadline, and some Posts and Collects between Begin and Synchronised.
//
// - Collect says beforehand which messages it expects, so a contribution counts once, however often it is written.
// - Every wait has a deadline; its error names the missing ranks. The job's abort key ends every wait at once.
// - A rank deletes what it wrote itself, and only when every reader is done: when a later call has synchronised all
//   ranks, each of them has begun that call and so has ended all calls before. Deletes go out in batches, after a Post
//   and before the wait that follows, so only a constant number of rounds is alive. What the last rounds leave is
//   cleared with the job's prefix.
//
// Used by one thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "comm/elements.h"
#include "comm/membership.h"
#include "comm/message_key.h"

namespace lambdaml {

// One collective call in progress.
struct Call {
  std::uint64_t round = 0;
  Clock::Time began;
  Clock::Time deadline;
};

struct Outgoing {
  Inbox to;
  std::uint32_t part = 0;      // number of the part, where a vector is cut
  std::uint64_t elements = 0;  // of the whole vector
  ElementType type = ElementType::kNothing;
  ByteSpan payload{};  // must stay as it is until Post returns
};

struct Incoming {
  Inbox inbox;
  int sender = 0;
  std::uint32_t part = 0;
  std::uint64_t elements = 0;
  ElementType type = ElementType::kNothing;
  std::optional<std::uint64_t> payload_bytes{};  // nothing: of any length, from a vector of any length
};

// A message that has been checked. `payload` lies within `message`, which keeps it alive.
struct Arrival {
  Blob message;
  ByteSpan payload;
};

// `index` is the position in what Collect was asked for.
using Deliver = std::function<void(std::size_t index, const Arrival& arrival)>;

class Exchange {
 public:
  explicit Exchange(const Membership& membership);

  int rank() const { return membership_.rank; }
  int size() const { return membership_.size; }
  std::uint64_t rounds() const { return rounds_; }  // begun so far

  Call Begin();

  // Writes all messages in one Store::Put.
  Result<void> Post(const Call& call, std::span<const Outgoing> messages);

  // Returns when every expected message has been delivered, each once, in the order of arrival.
  Result<void> Collect(const Call& call, std::span<const Incoming> expected, const Deliver& deliver);

  // The senders whose messages are not there at this moment, each once, by rank.
  Result<std::vector<int>> Absent(const Call& call, std::span<const Incoming> expected);

  // To be told when a call has ended that cannot end before every rank has begun it.
  void Synchronised(const Call& call);

 private:
  struct Written {
    std::uint64_t round;
    Key key;
  };

  // What a Collect still waits for; `keys` are the abort key and then those of `indices`, in the same order.
  struct Pending {
    std::vector<std::size_t> indices;
    std::vector<Key> keys;
  };

  struct Arrived {
    std::size_t index = 0;
    Key key;
    Blob message;
  };

  // Moves what has a value out of `pending`.
  static std::vector<Arrived> Take(Pending& pending, const Values& values);

  Result<void> Sweep();
  Result<Arrival> Check(const Call& call, const Incoming& expected, const Key& key, const Blob& message) const;
  Error Aborted(const Blob& reason) const;
  Error Missing(const Call& call, std::span<const Incoming> expected, const Pending& pending) const;

  Membership membership_;
  std::uint64_t job_hash_;
  std::uint64_t rounds_ = 0;
  std::uint64_t readers_done_before_ = 0;  // every reader of every round before this one is done
  std::uint64_t swept_before_ = 0;
  std::vector<Written> written_;  // not yet deleted, by round
  std::vector<Bytes> buffers_;    // of Post, kept for their memory
};

// "rank 3" or "ranks 1, 3" for a message; of very many only the first.
std::string RankNames(std::span<const int> ranks);

}  // namespace lambdaml
