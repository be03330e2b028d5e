// SPDX-License-Identifier: Apache-2.0
#pragma once

// What patterns sum and the steps that they are made of. A long vector is cut into stripes, which a pattern sums
// independently of each other, at the same time; so one is written while another is added and a third is read. Within
// a stripe a pattern cuts parts: a part is posted, merged from several ranks, or taken over from the rank that merged
// it.

#include <cstdint>
#include <span>
#include <vector>

#include "comm/exchange.h"

namespace lambdaml {

// A stretch of this rank's vector, replaced by the sum. Only the first stripe of a vector has its tally.
struct Stripe {
  Elements values;
  std::span<double> tally{};
  std::uint64_t vector_elements = 0;
  std::uint32_t number = 0;
};

// A stretch of a stripe. Numbers tell the messages of a call with the same sender and inbox apart.
struct Part {
  std::uint32_t number = 0;
  std::uint64_t vector_elements = 0;
  Elements values;
  std::span<double> tally{};
};

// The parts of a stripe for which one rank is responsible.
using Parts = std::vector<Part>;

// One step of a pattern; the parts of a call have other numbers in each.
enum class Phase : std::uint32_t { kContribute = 0, kAcrossGroups = 1, kMerged = 2 };

// The stripe in `chunks` chunks of about the same length, fewer if it is short, each cut into messages of at most
// `piece_bytes`. The tally belongs to the first part.
std::vector<Parts> CutStripe(const Stripe& stripe, std::size_t chunks, std::size_t piece_bytes);

// Who reads a part of whom, in which step.
struct Route {
  Phase phase = Phase::kContribute;
  Inbox inbox = Inbox::OfAll();
};

Outgoing ToPost(const Part& part, const Route& route);
std::vector<Outgoing> ToPost(const Parts& parts, const Route& route);
Incoming ToCollect(const Part& part, const Route& route, int sender);

Result<void> PostAll(Exchange& exchange, const Collective& call, const Parts& parts, const Route& route);

// Sums of rounded vectors are made in float64 whatever is asked for: they are rounded once more at their end anyway.
inline Accumulate PrecisionOf(const WireFormat& format) {
  return format.wire == Wire::kFloat32 ? format.accumulate : Accumulate::kFloat64;
}

// Whether a sum is what the ranks asked for, or one that is still to be added to others and must stay exact.
enum class SumOf : std::uint8_t { kAllRanks, kGroup };

// What several ranks bring to a part, in their order, and its canonical sum.
struct Terms {
  std::vector<Encoded> values;
  std::vector<ByteSpan> tallies;
};
void AddUp(const Terms& terms, const WireFormat& format, SumOf what, const Part& sum);

// Collects these parts of every other one of `senders`, this rank among them, and writes the canonical sums over
// `senders` to `sums`, which may be `own` itself.
struct Merge {
  std::span<const int> senders;
  const Parts& own;
  const Parts& sums;
  SumOf what = SumOf::kAllRanks;
};
Result<void> MergeFrom(Exchange& exchange, const Collective& call, const Merge& merge, const Route& route);

// Parts that another rank has merged.
struct Merged {
  int merger = 0;
  const Parts& parts;
};

// Takes over the parts of all others.
Result<void> Gather(Exchange& exchange, const Collective& call, std::span<const Merged> merged, const Route& route);

// What has arrived becomes the part.
void TakeOver(const Arrival& arrival, const Part& part);

// 0, 1, ... ranks - 1.
std::vector<int> AllRanks(int ranks);

}  // namespace lambdaml
