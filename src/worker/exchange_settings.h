// SPDX-License-Identifier: Apache-2.0
#pragma once

// A job's words for its exchange as the communicator and the algorithm take them. The spec must be valid.

#include <cstdint>

#include "comm/filter.h"
#include "comm/membership.h"
#include "comm/wire.h"
#include "job/spec.h"

namespace lambdaml {

WireFormat WireFormatOf(const ExchangeSpec& spec);
FilterSettings FilterOf(const ExchangeSpec& spec);

// What `pattern: auto` goes by: the channel's requests and a second of the function.
ChannelPrices PricesOf(const JobSpec& spec);

// Rounds that a rank may run ahead of the others.
std::uint64_t StalenessOf(const JobSpec& spec);

}  // namespace lambdaml
