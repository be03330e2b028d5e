// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values above limits().value_bytes_max, in chunks: each under a key of its own, and under the value's key a small
// manifest that is written last (docs/formats/chunks.md). A reader sees the old value or the new one, whole. limits()
// afterwards allows values of a hundred thousand chunks, and keys that are shorter by the length of a chunk's suffix;
// a key that ends in such a suffix cannot be written.
//
// What a writer that was killed has left of a value appears in List under its own keys, so that Clear removes it; what
// one leaves that is just writing does, too. A value that replaces a chunked one with fewer bytes than need chunks
// leaves such chunks, and so may writers of one key at the same time. In a store that does not keep everything
// (limits().keeps_everything) a value that has lost a chunk is not there.

#include <cstdint>
#include <memory>

#include "storage/store.h"

namespace lambdaml {

// `clock` must outlive the store; `seed` must be one that no other store, in whatever process, has.
std::unique_ptr<Store> WithChunks(std::unique_ptr<Store> store, Clock& clock, std::uint64_t seed);

}  // namespace lambdaml
