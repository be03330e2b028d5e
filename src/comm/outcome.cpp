// SPDX-License-Identifier: Apache-2.0
#include "comm/outcome.h"

namespace lambdaml {

namespace {

void TakeOver(std::span<const Arrival> by_sender, const Part& part, const WireFormat& format) {
  if (by_sender.size() == 1) return lambdaml::TakeOver(by_sender.front(), part);
  Terms terms;
  for (const Arrival& arrival : by_sender) {
    terms.values.push_back(arrival.values);
    terms.tallies.push_back(arrival.tally);
  }
  AddUp(terms, format, SumOf::kAllRanks, part);
}

}  // namespace

std::vector<Incoming> MessagesOf(std::span<const Outcome> outcomes) {
  std::vector<Incoming> messages;
  for (const Outcome& outcome : outcomes) {
    for (const Part& part : outcome.parts) {
      for (const int sender : outcome.senders) {
        messages.push_back(ToCollect(part, outcome.route, sender));
        messages.back().type = outcome.type;
      }
    }
  }
  return messages;
}

void TakeOver(std::span<const Outcome> outcomes, std::span<const Arrival> arrivals, const WireFormat& format) {
  for (const Outcome& outcome : outcomes) {
    for (const Part& part : outcome.parts) {
      TakeOver(arrivals.first(outcome.senders.size()), part, format);
      arrivals = arrivals.subspan(outcome.senders.size());
    }
  }
}

}  // namespace lambdaml
