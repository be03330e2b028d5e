// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where and as whom a rank takes part in the exchange of a job, and how everybody is told to stop.

#include "base/clock.h"
#include "base/key.h"
#include "storage/store.h"

namespace lambdaml {

// `store` and `clock` must outlive what is made from a Membership.
struct Membership {
  Store& store;
  Clock& clock;
  Key job;    // the prefix of every key: names the job and the attempt
  Key abort;  // if it comes to exist, every waiting rank gives up (kInternal); its value says why
  int rank = 0;
  int size = 1;
  Clock::Duration timeout;                    // of one collective call
  Clock::Time deadline = Clock::Time::max();  // of all of them
};

}  // namespace lambdaml
