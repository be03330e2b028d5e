// SPDX-License-Identifier: Apache-2.0
#include "comm/vector_part.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/text.h"
#include "comm/canonical_sum.h"

namespace lambdaml {

namespace {

int MergerOf(const VectorPart& part) { return static_cast<int>(part.number); }

std::vector<Incoming> FromAllBut(int rank, const Exchange& exchange, const VectorPart& part, Inbox inbox) {
  std::vector<Incoming> expected;
  for (int sender = 0; sender < exchange.size(); ++sender) {
    if (sender != rank) expected.push_back(ToCollect(part, inbox, sender));
  }
  return expected;
}

// A merger that is late may be waiting itself: adds whom the first late one waits for. The time-out stands whether or
// not this can be found out.
Error WithCulprits(Exchange& exchange, const Call& call, std::span<const VectorPart> parts, Error timeout) {
  std::vector<Incoming> merged;
  for (const VectorPart& part : parts) merged.push_back(ToCollect(part, Inbox::OfAll(), MergerOf(part)));
  const Result<std::vector<int>> late = exchange.Absent(call, merged);
  if (!late.ok() || late.value().empty()) return timeout;
  const int merger = late.value().front();
  const auto part = std::ranges::find(parts, merger, MergerOf);
  const auto contributions = FromAllBut(merger, exchange, *part, Inbox::Of(merger));
  const Result<std::vector<int>> culprits = exchange.Absent(call, contributions);
  if (!culprits.ok() || culprits.value().empty()) return timeout;
  timeout.message += StrCat("; rank ", merger, " itself lacks ", RankNames(culprits.value()));
  return timeout;
}

}  // namespace

Outgoing ToPost(const VectorPart& part, Inbox to) {
  return {.to = to,
          .part = part.number,
          .elements = part.vector_elements,
          .type = part.values.type,
          .payload = part.values.bytes};
}

Incoming ToCollect(const VectorPart& part, Inbox inbox, int sender) {
  return {.inbox = inbox,
          .sender = sender,
          .part = part.number,
          .elements = part.vector_elements,
          .type = part.values.type,
          .payload_bytes = part.values.bytes.size()};
}

Result<void> MergeFromAll(Exchange& exchange, const Call& call, const VectorPart& part, Inbox inbox) {
  const auto own = static_cast<std::size_t>(exchange.rank());
  const std::vector<Incoming> expected = FromAllBut(exchange.rank(), exchange, part, inbox);
  std::vector<Blob> messages(expected.size());  // keep the payloads alive
  std::vector<ByteSpan> by_rank(expected.size() + 1);
  by_rank[own] = part.values.bytes;
  TRY(exchange.Collect(call, expected, [&](std::size_t index, const Arrival& arrival) {
    messages[index] = arrival.message;
    by_rank[index < own ? index : index + 1] = arrival.payload;
  }));
  CanonicalSum(by_rank, part.values);
  return {};
}

Result<void> GatherMerged(Exchange& exchange, const Call& call, std::span<const VectorPart> parts) {
  std::vector<const VectorPart*> others;
  std::vector<Incoming> expected;
  for (const VectorPart& part : parts) {
    const int merger = MergerOf(part);
    if (merger == exchange.rank()) continue;
    others.push_back(&part);
    expected.push_back(ToCollect(part, Inbox::OfAll(), merger));
  }
  Result<void> gathered = exchange.Collect(call, expected, [&](std::size_t index, const Arrival& arrival) {
    if (arrival.payload.empty()) return;
    std::memcpy(others[index]->values.bytes.data(), arrival.payload.data(), arrival.payload.size());
  });
  if (gathered.ok() || gathered.error().code != Code::kTimeout) return gathered;
  return WithCulprits(exchange, call, parts, std::move(gathered).error());
}

}  // namespace lambdaml
