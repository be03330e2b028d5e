// SPDX-License-Identifier: Apache-2.0
#pragma once

// Takes the results of calls that are over from the channel, for a rank that takes over from another incarnation. It
// reads ahead: with the messages of one call it asks for the same ones of the next calls, so hundreds of calls are
// replayed with a few requests.
//
// The first call whose result is not there ends the replay: the incarnation before cannot have ended it, so what the
// call needs is still there, and this rank takes part in it like any other. Where a channel has shown an old state, the
// rank finds out while it waits for what is gone (waiting.h), takes the result after all, and the replay goes on.
//
// Find is for one thread; the others may be called from several.

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "comm/exchange.h"
#include "comm/reduction.h"

namespace lambdaml {

class Replay {
 public:
  explicit Replay(Exchange& exchange) : exchange_(exchange), is_on_(exchange.membership().replays) {}

  bool is_on() const { return is_on_; }
  void End() { is_on_ = false; }

  // These messages of the call, all of them or nothing.
  Result<std::optional<std::vector<Arrival>>> Find(const Collective& call, std::span<const Incoming> expected);

  // Replaces a vector by its sum if all of that is in the channel; else leaves it as it is.
  Result<bool> Take(const VectorSum& sum);

  // For a call that this rank takes part in, as others may have ended it: the messages of its sum, and to be called
  // when they have turned out to be there.
  std::vector<Key> KeysOf(const VectorSum& sum) const;
  Result<void> TakeAfterAll(const VectorSum& sum);

 private:
  Result<void> ReadAhead(const Collective& call, std::span<const Incoming> expected);
  Result<void> TakeStripes(const VectorSum& sum, std::span<const Stripe> stripes);

  Exchange& exchange_;
  std::atomic<bool> is_on_;
  std::map<Key, Blob> ahead_;      // what has been read
  std::uint64_t calls_ahead_ = 1;  // for which to ask at once
  std::size_t bytes_ = 1;          // of the longest result so far
};

}  // namespace lambdaml
