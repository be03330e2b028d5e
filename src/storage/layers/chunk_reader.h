// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads values that may be in chunks from the store that holds the chunks. A value that is replaced or deleted while it
// is read is read again, so that what comes back is the old value or the new one, whole. Needs little more memory than
// the values themselves.

#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "storage/layers/chunk_format.h"
#include "storage/store.h"

namespace lambdaml::chunk {

// May be used from several threads.
class Reader {
 public:
  // Both must outlive the reader.
  Reader(Store& store, Clock& clock) : store_(store), clock_(clock) {}

  // As Store::Read, of values.
  Result<Slices> Read(std::span<const Range> ranges) const;

  // `values` as they are in the store, with its value in place of each manifest.
  Result<Values> Assembled(std::span<const Key> keys, Values values) const;

  // The manifests under these keys, nothing where there is none or it is damaged.
  Result<std::vector<std::optional<Manifest>>> Manifests(std::span<const Key> keys) const;

 private:
  // A range that is not yet settled.
  struct Open;
  // A part of a chunk.
  struct Piece;

  // Looks and fetches until nothing is open. `parts` holds what the store has under the keys.
  Result<void> Settle(std::span<const Range> ranges, Slices& parts) const;
  Result<void> Sort(std::span<const Range> ranges, std::vector<Open>& open, Slices& parts) const;
  Result<void> Fetch(std::span<const Range> ranges, std::vector<Open>& open, Slices& parts) const;
  Result<void> FetchBatch(std::span<const Range> ranges, std::span<const Piece> pieces, std::vector<Open>& open) const;
  Result<void> GiveUpOnLost(std::span<const Range> ranges, std::vector<Open>& open, Slices& parts) const;
  Result<void> LookAgain(std::span<const Range> ranges, const std::vector<Open>& open, Slices& parts) const;

  Store& store_;
  Clock& clock_;
};

}  // namespace lambdaml::chunk
