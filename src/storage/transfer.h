// SPDX-License-Identifier: Apache-2.0
#pragma once

// What uploads, downloads and copies have in common: how far they are, how much of it is in memory at a time (about
// kBatchBytes), and how a value is read that may be larger than that. Each value is written whole or not at all; what
// a transfer had finished when it ended early stays.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.h"

namespace lambdaml {

inline constexpr std::uint64_t kBatchBytes = std::uint64_t{64} << 20U;

struct Transfer {
  std::size_t values = 0;
  std::size_t values_total = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_total = 0;
};

// Called between two requests. An error ends the transfer and is its outcome.
using OnTransfer = std::function<Result<void>(const Transfer&)>;

// The keys below a prefix, as ListBelow has them (storage/ops.h).
struct Subtree {
  Store& store;
  Key prefix = {};
};

// What follows the prefix and its '/', and the key that has it below another prefix.
std::string RelativeTo(const Key& prefix, const Key& key);
Key Below(const Key& prefix, std::string_view relative);

// How many of `sizes`, from the first on, go into one request: at least one, then as many as fit into kBatchBytes and
// are at most `items_max`.
std::size_t BatchSize(std::span<const std::uint64_t> sizes, std::size_t items_max);

// What is still the size that a list told, in one request; nothing for a value that has become another or that is too
// large for a batch.
Result<Slices> ReadBatch(Store& store, std::span<const Entry> entries);

using OnBytes = std::function<Result<void>(ByteSpan)>;

// Gives the bytes of a range to `sink` in order. What fits into kBatchBytes is read at once and therefore of one
// version of the value; a larger value that is replaced meanwhile by one of another size is kConflict. kNotFound names
// the key and the store.
Result<Transfer> ReadInParts(Store& store, const Range& range, const OnBytes& sink, const OnTransfer& progress);

}  // namespace lambdaml
