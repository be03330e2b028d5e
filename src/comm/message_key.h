// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one place that spells the keys of messages (docs/formats/messages.md). Every key can be computed by sender and
// reader, so nothing is ever listed. The destination comes first: a rank waits in two places, its own inbox and the one
// that everybody reads, however many rounds and ranks there are.

#include <cstdint>

#include "base/key.h"

namespace lambdaml {

// Who reads a message: one rank, or every rank.
class Inbox {
 public:
  static constexpr Inbox Of(int rank) { return Inbox(rank); }
  static constexpr Inbox OfAll() { return Inbox(-1); }

  constexpr bool is_of_all() const { return rank_ < 0; }
  constexpr int rank() const { return rank_; }

 private:
  constexpr explicit Inbox(int rank) : rank_(rank) {}

  int rank_;
};

// Tells a message from every other one of its job.
struct MessageId {
  Inbox inbox;
  std::uint64_t round = 0;
  std::uint32_t part = 0;
  int sender = 0;
};

// JOB/x/INBOX/ROUND.PART.SENDER
Key MessageKey(const Key& job, const MessageId& id);

// JOB/x/slots/GENERATION.SENDER: what a rank writes again and again, so that only its newest message is there. A
// generation is named by the round in which it began.
Key SlotKey(const Key& job, std::uint64_t generation, int sender);

// JOB/x/measured/PERIOD: by what the ranks choose patterns for a stretch of rounds.
Key MeasuredKey(const Key& job, std::uint64_t period);

}  // namespace lambdaml
