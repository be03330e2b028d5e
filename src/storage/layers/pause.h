// SPDX-License-Identifier: Apache-2.0
#pragma once

// A pause of a layer that a waiting caller may cut short.

#include <atomic>

#include "base/clock.h"

namespace lambdaml {

// Sleeps until `time`, or until `cancelled`, if given, is set, which is seen within 100 ms.
void PauseUntil(Clock& clock, Clock::Time time, const std::atomic<bool>* cancelled = nullptr);

}  // namespace lambdaml
