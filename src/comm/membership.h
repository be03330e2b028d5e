// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where, as whom and how a rank takes part in the exchange of a job, and how everybody is told to stop.

#include <cstdint>

#include "base/background.h"
#include "base/clock.h"
#include "base/key.h"
#include "comm/failure_detector.h"
#include "comm/wire.h"
#include "storage/store.h"

namespace lambdaml {

// In US dollars, for choosing among patterns: requests, each counted once for every started unit of bytes if there is a
// unit, and a second of a worker. By default a channel that is not billed by the request, and a function of 1,769 MB.
struct ChannelPrices {
  double put = 0;
  double get = 0;
  std::uint64_t put_unit_bytes = 0;
  std::uint64_t get_unit_bytes = 0;
  double worker_second = 1769.0 / 1024 * 1.66667e-5;
};

// `store`, `clock`, `background` and `detector` must outlive what is made from a Membership. All ranks of a job have
// the same job, size, format and keeps_results.
struct Membership {
  Store& store;
  Clock& clock;
  Background& background;  // at least 2 threads
  Key job;                 // the prefix of every key: names the job and the attempt
  Key abort;               // if it comes to exist, every waiting rank gives up (kInternal); its value says why
  int rank = 0;
  int size = 1;
  Clock::Duration timeout;                    // of one collective call
  Clock::Time deadline = Clock::Time::max();  // of all of them
  std::uint64_t first_round = 0;              // the first call's number: a rank that takes over goes on where it was
  WireFormat format = {};
  ChannelPrices prices = {};

  // Longer stretches of a vector travel as several messages, so that writing, adding and reading overlap and use
  // several connections.
  std::size_t piece_bytes = std::size_t{4} << 20U;

  // Results, which are messages to all ranks, stay in the channel until Communicator::Forget, so that a rank can take
  // over at an earlier call. Otherwise they are deleted when their readers are done, as messages to one rank always
  // are.
  bool keeps_results = false;

  // This rank takes over at `first_round`: as long as the results of its calls are in the channel, it takes them from
  // there. For the bits it is as if it had taken part. Calls with a staleness are not replayed, they end the replay.
  bool replays = false;

  FailureDetector* detector = nullptr;  // none: whoever is late is waited for until the call's deadline
};

}  // namespace lambdaml
