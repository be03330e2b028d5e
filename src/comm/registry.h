// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of patterns, searched by name.

#include <memory>
#include <span>
#include <string_view>

#include "comm/communicator.h"
#include "comm/membership.h"
#include "comm/reduction.h"

namespace lambdaml {

struct Pattern {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<Reduction> (*make)();  // nothing: chooses among those that have one
  RoundCost (*cost)(const RoundShape& shape);
};

std::span<const Pattern> Patterns();

// kInvalid for an unknown name, with the nearest known one, and for a membership that cannot be: a rank outside
// [0, size), a job or abort key that is empty.
Result<std::unique_ptr<Communicator>> Join(std::string_view pattern, const Membership& membership);

}  // namespace lambdaml
