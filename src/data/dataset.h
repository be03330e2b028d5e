// SPDX-License-Identifier: Apache-2.0
#pragma once

// A dataset: a manifest and shards of about 32 MB in safetensors (docs/formats/dataset.md). Shards do not depend on the
// number of workers; a worker takes a range of rows. This folder turns bytes into batches and never reads or writes by
// itself: the caller brings the shards' bytes.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "data/batch.h"

namespace lambdaml {

inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::uint64_t kColumnsMax = 0xFFFFFFFFU;  // a sparse index is 32 bits

struct Shard {
  std::string name;  // key below the dataset's URL
  std::uint64_t rows = 0;
  std::uint64_t values = 0;  // non-zeros if sparse, else rows x columns
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;  // CRC-32C of the file
};

// The rows of one purpose: "train" always, "test" where there is one.
struct Split {
  std::string name;
  std::uint64_t rows = 0;
  std::vector<Shard> shards;
};

struct Manifest {
  bool sparse = false;
  std::uint64_t columns = 0;
  std::vector<std::string> classes;  // the original labels, in order of class number; empty: labels are real numbers
  std::vector<std::uint64_t> class_rows{};  // train rows of each class; empty: no classes, or an older dataset
  std::vector<Split> splits;
  std::string source;                         // what it was made from, for people
  std::map<std::string, std::string> origin;  // how: format or generator, seed, settings; for people

  const Split* Find(std::string_view split) const;
};

std::string ToJson(const Manifest& manifest);
Result<Manifest> ParseManifest(std::string_view json);

// Rows [begin, end) of a split.
struct RowRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t rows() const { return end - begin; }
};

// The part of `rows` rows that rank `rank` of `size` takes; parts differ by one row at most.
RowRange PartOf(std::uint64_t rows, int rank, int size);

// Reads one shard's bytes by name; large ones should be memory-mapped.
using ShardReader = std::function<Result<Blob>(std::string_view name)>;

// Rows in memory, with what keeps them alive.
struct Partition {
  RowRange range;  // within the split
  Batch rows;
  std::vector<Blob> shards;  // owners of what `rows` points to
};

// Opens the shards that overlap `range` and checks each against the manifest: sizes and form always, the labels and
// sparse indices of the range too, so that what comes back is safe to compute with. The CRC reads every byte of the
// shards, also outside the range, and is checked only when asked.
enum class Verify { kHeader, kChecksum };
Result<Partition> OpenPartition(const Manifest& manifest, std::string_view split, RowRange range,
                                const ShardReader& read, Verify verify);

}  // namespace lambdaml
