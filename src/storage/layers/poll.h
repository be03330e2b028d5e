// SPDX-License-Identifier: Apache-2.0
#pragma once

// Makes Wait block over a store that cannot: looks first when the values of former waits of the same kind came
// (arrival.h), and then again and again for what is missing, first soon, then ever later, between
// limits().poll_pause_min and poll_pause_max. For urgent keys it looks at most once a second, and when the wait ends
// without the others.
//
// Pauses of p in a wait of T seconds for m keys cost m c T / p for requests, where one costs c, and make the waiting
// one late by p / 2. Of w workers that go on together all are late then, which costs w f p / 2 where a second of a
// function costs f. The sum is least at p = sqrt(2 (m / w) T c / f). Where one waits for all others m / w is about 1;
// where all wait for one result each of them asks for it, which is the same. So the pause does not depend on the number
// of keys, but on c / f, and it grows with the time waited.

#include <memory>

#include "storage/store.h"

namespace lambdaml {

class StoreMeter;

// `meter`, if given, counts the pauses as waiting. `clock` and `meter` must outlive the store.
std::unique_ptr<Store> WithPolling(std::unique_ptr<Store> store, Clock& clock, StoreMeter* meter);

}  // namespace lambdaml
