// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writes values in chunks: first the chunks of all, then all manifests, each step one Put of the store below. What a
// value that was replaced or lost a race leaves is deleted afterwards.

#include <atomic>
#include <optional>
#include <span>
#include <vector>

#include "storage/layers/chunk_reader.h"

namespace lambdaml::chunk {

// May be used from several threads.
class Writer {
 public:
  // `store` and `reader` must outlive the writer; `seed` must be one that no other writer has.
  Writer(Store& store, const Reader& reader, std::uint64_t seed);

  // Whether the item cannot be handed on as it is.
  bool Concerns(const PutItem& item) const;

  // As Store::Put, of values; of any size up to value_bytes_max().
  Result<void> Put(std::span<const PutItem> items);

  std::uint64_t value_bytes_max() const { return chunk_bytes_ * kChunksMax; }

 private:
  struct Plan;

  bool NeedsChunks(ByteSpan value) const;
  std::vector<Plan> PlanOf(std::span<const PutItem> items);
  Result<void> Compare(std::vector<Plan>& plans) const;
  Result<void> Prepare(std::vector<Plan>& plans) const;
  Result<void> WriteChunks(const std::vector<Plan>& plans) const;
  Result<void> FindReplaced(std::vector<Plan>& plans) const;
  Result<void> WriteManifests(const std::vector<Plan>& plans) const;
  void CleanUp(const std::vector<Plan>& plans, const Result<void>& written) const;
  void DeleteOwn(const std::vector<Plan>& plans) const;
  void DeleteQuietly(std::span<const Key> garbage) const;

  Store& store_;
  const Reader& reader_;
  std::uint64_t chunk_bytes_;
  std::uint64_t seed_;
  std::atomic<std::uint64_t> generations_{0};
};

}  // namespace lambdaml::chunk
