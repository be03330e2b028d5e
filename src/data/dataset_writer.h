// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writes a dataset: rows stream in, shards of about kShardBytes stream out, the manifest comes last, so a writer that
// dies leaves no dataset. The bytes depend on the rows alone, not on how they were handed over. Not thread-safe.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "data/batch.h"
#include "data/dataset.h"

namespace lambdaml {

inline constexpr std::uint64_t kShardBytes = std::uint64_t{32} << 20U;

// Stores one whole file of the dataset under `name` (a shard's name or kManifestName, below the dataset's URL).
using ShardSink = std::function<Result<void>(std::string_view name, ByteSpan content)>;

// What a long operation tells its caller now and then, on the caller's thread.
struct DataProgress {
  std::string_view step;  // "reading", "writing", "generating", "splitting"
  double share = 0;       // of the step, 0 to 1
  std::uint64_t rows = 0;
};
using OnDataProgress = std::function<void(const DataProgress&)>;  // may be empty

class DatasetWriter {
 public:
  // `form` says whether rows are sparse, the columns, the classes and the source; its splits and the rows of each class
  // are filled in here.
  DatasetWriter(Manifest form, ShardSink sink) : manifest_(std::move(form)), sink_(std::move(sink)) {}

  // Rows that follow belong to `split`. Each split is begun once.
  Result<void> Begin(std::string_view split);

  // Rows of the manifest's form and columns.
  Result<void> Add(const Batch& rows);

  // Writes what is left and then the manifest, and returns it. kInvalid when the train split has no rows.
  Result<Manifest> Finish();

 private:
  std::uint64_t PendingBytesWith(const Batch& rows, std::size_t row) const;
  void Append(const Batch& rows, std::size_t row);
  void CountClasses(const Split& split);
  Result<void> WriteShard();

  Manifest manifest_;
  ShardSink sink_;
  std::vector<float> values_;  // of the shard being filled
  std::vector<std::uint32_t> indices_;
  std::vector<std::uint64_t> indptr_;
  std::vector<float> labels_;
};

}  // namespace lambdaml
