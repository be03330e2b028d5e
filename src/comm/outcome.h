// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sum of a stripe, or of a chunk of it, as it lies in the channel when a call is over: in messages to all ranks.

#include <span>
#include <vector>

#include "comm/stripe.h"

namespace lambdaml {

struct Outcome {
  Parts parts;
  Route route;
  std::vector<int> senders;                  // one: has merged the sum; more: what they have written adds up to it
  ElementType type = ElementType::kFloat32;  // of the elements of the messages
};

// The messages, by part and within it by sender.
std::vector<Incoming> MessagesOf(std::span<const Outcome> outcomes);

// What has arrived of them becomes the parts, for the bits as if this rank had taken part in the call.
void TakeOver(std::span<const Outcome> outcomes, std::span<const Arrival> arrivals, const WireFormat& format);

}  // namespace lambdaml
