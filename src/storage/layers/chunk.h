// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values above limits().value_bytes_max, in chunks: each under a key of its own, and under the value's key a small
// manifest that is written last. A reader sees the old value or the new one, whole. limits() afterwards allows values
// of any size, and keys that are shorter by the length of a chunk's suffix.
//
// What a writer that was killed has left of a value appears in List under its own keys, so that Clear removes it.
// A value that replaces a chunked one with fewer bytes than need chunks leaves such chunks, too.

#include <memory>

#include "storage/store.h"

namespace lambdaml {

// `clock` must outlive the store.
std::unique_ptr<Store> WithChunks(std::unique_ptr<Store> store, Clock& clock);

}  // namespace lambdaml
