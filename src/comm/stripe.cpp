// SPDX-License-Identifier: Apache-2.0
#include "comm/stripe.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "comm/canonical_sum.h"
#include "comm/cut.h"

namespace lambdaml {

namespace {

// Numbers of parts: room for as many parts as a stripe can have in each step, and for all steps in each stripe.
constexpr std::uint32_t kPartsPerPhase = 1U << 14U;
constexpr std::uint32_t kPhasesPerStripe = 4;

std::uint32_t NumberIn(Phase phase, std::uint32_t part) {
  return part + static_cast<std::uint32_t>(phase) * kPartsPerPhase;
}

// Waits of a stripe and a step are alike from call to call.
std::uint32_t KindOf(const Parts& parts, const Route& route) {
  return NumberIn(route.phase, parts.front().number) / kPartsPerPhase + 1;
}

// The tally of one part, as others have sent it and this rank has it.
void SumTally(std::span<const ByteSpan> by_sender, std::span<double> tally) {
  std::vector<Encoded> numbers;
  for (const ByteSpan of_sender : by_sender) {
    numbers.push_back({.type = ElementType::kFloat64, .bytes = of_sender, .elements = tally.size()});
  }
  CanonicalSum(numbers, Accumulate::kFloat64, Elements::Of(tally));
}

class Merging {
 public:
  Merging(Exchange& exchange, const Merge& merge) : exchange_(exchange), merge_(merge) {}

  // `arrivals` are by part and within it by sender, without this rank.
  void Sum(std::span<const Arrival> arrivals) {
    const std::size_t others = merge_.senders.size() - 1;
    for (std::size_t i = 0; i < merge_.own.size(); ++i) SumPart(i, arrivals.subspan(i * others, others));
  }

 private:
  void SumPart(std::size_t index, std::span<const Arrival> arrivals) {
    const Part& own = merge_.own[index];
    Terms terms;
    auto arrival = arrivals.begin();
    for (const int sender : merge_.senders) {
      const bool mine = sender == exchange_.rank();
      terms.values.push_back(mine ? Encoded::Of(own.values) : arrival->values);
      terms.tallies.push_back(mine ? std::as_bytes(own.tally) : arrival->tally);
      if (!mine) ++arrival;
    }
    AddUp(terms, exchange_.membership().format, merge_.what, merge_.sums[index]);
  }

  Exchange& exchange_;
  const Merge& merge_;
};

}  // namespace

std::vector<Parts> CutStripe(const Stripe& stripe, std::size_t chunks, std::size_t piece_bytes) {
  const Cut whole{0, stripe.values.count()};
  std::vector<Parts> cut;
  std::uint32_t number = stripe.number * kPhasesPerStripe * kPartsPerPhase;
  for (const Pieces& chunk : CutPieces(whole, ElementBytes(stripe.values.type), chunks, piece_bytes)) {
    Parts& parts = cut.emplace_back();
    for (const Cut piece : chunk) {
      parts.push_back({.number = number++,
                       .vector_elements = stripe.vector_elements,
                       .values = stripe.values.Slice(piece.first, piece.length)});
    }
  }
  cut.front().front().tally = stripe.tally;
  return cut;
}

Outgoing ToPost(const Part& part, const Route& route) {
  return {.to = route.inbox,
          .part = NumberIn(route.phase, part.number),
          .elements = part.vector_elements,
          .values = part.values,
          .tally = part.tally};
}

Incoming ToCollect(const Part& part, const Route& route, int sender) {
  return {.inbox = route.inbox,
          .sender = sender,
          .part = NumberIn(route.phase, part.number),
          .elements = part.vector_elements,
          .type = part.values.type,
          .part_elements = part.values.count(),
          .tally = part.tally.size()};
}

std::vector<Outgoing> ToPost(const Parts& parts, const Route& route) {
  std::vector<Outgoing> messages;
  for (const Part& part : parts) messages.push_back(ToPost(part, route));
  return messages;
}

Result<void> PostAll(Exchange& exchange, const Collective& call, const Parts& parts, const Route& route) {
  return exchange.Post(call, ToPost(parts, route));
}

void AddUp(const Terms& terms, const WireFormat& format, SumOf what, const Part& sum) {
  CanonicalSum(terms.values, PrecisionOf(format), sum.values);
  if (what == SumOf::kAllRanks) RoundTo(format.wire, sum.values);
  if (!sum.tally.empty()) SumTally(terms.tallies, sum.tally);
}

Result<void> MergeFrom(Exchange& exchange, const Collective& call, const Merge& merge, const Route& route) {
  std::vector<Incoming> expected;
  for (const Part& part : merge.own) {
    for (const int sender : merge.senders) {
      if (sender != exchange.rank()) expected.push_back(ToCollect(part, route, sender));
    }
  }
  const std::vector<Arrival> arrivals = TRY(exchange.Collect(call, expected, KindOf(merge.own, route)));
  Merging(exchange, merge).Sum(arrivals);
  return {};
}

Result<void> Gather(Exchange& exchange, const Collective& call, std::span<const Merged> merged, const Route& route) {
  std::vector<Incoming> expected;
  std::vector<const Part*> parts;
  for (const Merged& of_merger : merged) {
    if (of_merger.merger == exchange.rank()) continue;
    for (const Part& part : of_merger.parts) {
      parts.push_back(&part);
      expected.push_back(ToCollect(part, route, of_merger.merger));
    }
  }
  if (expected.empty()) return {};
  const std::vector<Arrival> arrivals = TRY(exchange.Collect(call, expected, KindOf(merged.front().parts, route)));
  for (std::size_t i = 0; i < arrivals.size(); ++i) TakeOver(arrivals[i], *parts[i]);
  return {};
}

void TakeOver(const Arrival& arrival, const Part& part) {
  Decode(arrival.values, part.values);
  if (!arrival.tally.empty()) std::memcpy(part.tally.data(), arrival.tally.data(), arrival.tally.size());
}

std::vector<int> AllRanks(int ranks) {
  std::vector<int> all(static_cast<std::size_t>(ranks));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace lambdaml
