// SPDX-License-Identifier: Apache-2.0
#pragma once

// Makes a fast channel as slow as another, for experiments and tests. The model, in which a benchmark states its limit:
//
// - A call takes a latency L, with a seeded spread on top, half of it on the way to the store and half on the way back;
//   a batch is one call. What it does is done in between: a Put takes effect half a latency before its answer, after
//   its bytes have travelled; a Get sees what is there half a latency after its begin, and then the bytes travel.
// - Each item of a batch has a connection of its own, all of them share the bandwidth: the bytes travel for
//   max(largest item / connection, all items / bandwidth).
// - The bandwidth is that of this store's user, once for what it writes and once for what it reads, each shared by the
//   calls of all its threads, first come, first served.
// - A Wait that blocks is answered half a latency and the transfer after its values are there, so at least L after its
//   begin.
//
// What the store below needs of its own time counts towards that of the call.

#include <cstdint>
#include <memory>

#include "storage/store.h"

namespace lambdaml {

struct LatencyOptions {
  Clock::Duration latency{};
  Clock::Duration spread{};                // uniform, on top of the latency
  double bytes_per_second = 0;             // in each direction; 0: unlimited
  double connection_bytes_per_second = 0;  // of one connection; 0: unlimited
  std::uint64_t seed = 0;
};

// `clock` must outlive the store.
std::unique_ptr<Store> WithLatency(std::unique_ptr<Store> store, Clock& clock, const LatencyOptions& options);

}  // namespace lambdaml
