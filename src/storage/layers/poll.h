// SPDX-License-Identifier: Apache-2.0
#pragma once

// Makes Wait block over a store that cannot: looks again and again for what is missing, first soon, then ever later,
// between limits().poll_pause_min and poll_pause_max.

#include <memory>

#include "storage/store.h"

namespace lambdaml {

struct StoreUse;

// `use`, if given, counts the pauses as waiting. `clock` and `use` must outlive the store.
std::unique_ptr<Store> WithPolling(std::unique_ptr<Store> store, Clock& clock, StoreUse* use);

}  // namespace lambdaml
