// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of patterns, searched by name.

#include <memory>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/key.h"
#include "comm/communicator.h"
#include "storage/store.h"

namespace lambdaml {

// Where and as whom a rank takes part. `store` and `clock` must outlive the communicator.
struct Membership {
  Store& store;
  Clock& clock;
  Key job;    // the prefix of every key: names the job and the attempt
  Key abort;  // if it comes to exist, every waiting rank gives up; its value says why
  int rank = 0;
  int size = 1;
  Clock::Duration timeout;                    // of one collective call
  Clock::Time deadline = Clock::Time::max();  // of all of them
};

struct Pattern {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<Communicator> (*join)(const Membership& membership);
};

std::span<const Pattern> Patterns();

// kInvalid for an unknown name.
Result<std::unique_ptr<Communicator>> Join(std::string_view pattern, const Membership& membership);

}  // namespace lambdaml
