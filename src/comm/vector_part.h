// SPDX-License-Identifier: Apache-2.0
#pragma once

// The steps that patterns are made of: one part of a vector is posted, merged from all ranks, or taken over from the
// rank that merged it.

#include <cstdint>

#include "comm/exchange.h"

namespace lambdaml {

// A stretch of this rank's vector.
struct VectorPart {
  std::uint32_t number = 0;
  std::uint64_t vector_elements = 0;  // of the whole vector
  Elements values;
};

Outgoing ToPost(const VectorPart& part, Inbox to);

Incoming ToCollect(const VectorPart& part, Inbox inbox, int sender);

// Collects this part of every other rank from `inbox` and replaces part.values by the canonical sum.
Result<void> MergeFromAll(Exchange& exchange, const Call& call, const VectorPart& part, Inbox inbox);

// For patterns in which the part of number k is merged by rank k from its inbox and then posted to all: collects the
// parts that this rank did not merge itself into their values.
Result<void> GatherMerged(Exchange& exchange, const Call& call, std::span<const VectorPart> parts);

}  // namespace lambdaml
