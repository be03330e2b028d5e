// SPDX-License-Identifier: Apache-2.0
// Rows of a dataset, from the shards that hold them.

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/crc.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/safetensors.h"

namespace lambdaml {

namespace {

Error Damaged(const Shard& shard, std::string_view what) {
  return {Code::kInvalid, StrCat(shard.name, ": ", what, "; the dataset is damaged, import it again")};
}

Result<Blob> ReadShard(const Shard& shard, const ShardReader& read, Verify verify) {
  Blob blob = TRY(read(shard.name).Context(StrCat("reading shard ", shard.name)));
  if (blob.size() != shard.bytes) {
    return Damaged(shard, StrCat("it has ", blob.size(), " bytes, the manifest says ", shard.bytes));
  }
  if (verify == Verify::kChecksum && Crc32c(blob.span()) != shard.crc) {
    return Damaged(shard, "its checksum differs from the manifest's");
  }
  return blob;
}

// Labels of classes become indices into tables, so they are checked before anyone computes with them.
Result<void> AppendLabels(const Manifest& manifest, const Shard& shard, std::span<const float> labels, Batch& rows) {
  const auto classes = static_cast<float>(manifest.classes.size());
  for (const float label : labels) {
    const bool good =
        manifest.classes.empty() ? std::isfinite(label) : label >= 0 && label < classes && std::floor(label) == label;
    if (!good) return Damaged(shard, StrCat("label ", static_cast<double>(label), " is not one of its classes"));
  }
  rows.labels.insert(rows.labels.end(), labels.begin(), labels.end());
  return {};
}

Result<void> AppendDense(const Manifest& manifest, const Shard& shard, const SafetensorsFile& file, RowRange range,
                         Batch& rows) {
  const auto values = TRY(file.Values<float>("x"));
  if (values.size() != shard.rows * manifest.columns) return Damaged(shard, "tensor 'x' is not rows x columns");
  for (std::uint64_t row = range.begin; row < range.end; ++row) {
    rows.dense.push_back(values.data() + row * manifest.columns);
  }
  return {};
}

struct SparseTensors {
  std::span<const std::uint64_t> indptr;
  std::span<const std::uint32_t> indices;
  std::span<const float> values;
};

Result<SparseTensors> OpenSparse(const Shard& shard, const SafetensorsFile& file) {
  const SparseTensors tensors{TRY(file.Values<std::uint64_t>("indptr")), TRY(file.Values<std::uint32_t>("indices")),
                              TRY(file.Values<float>("values"))};
  if (tensors.indptr.size() != shard.rows + 1) return Damaged(shard, "tensor 'indptr' is not one longer than its rows");
  if (tensors.values.size() != shard.values || tensors.indices.size() != shard.values) {
    return Damaged(shard, "tensors 'indices' and 'values' do not have the manifest's length");
  }
  return tensors;
}

Result<void> AppendSparse(const Manifest& manifest, const Shard& shard, const SafetensorsFile& file, RowRange range,
                          Batch& rows) {
  const SparseTensors tensors = TRY(OpenSparse(shard, file));
  for (std::uint64_t row = range.begin; row < range.end; ++row) {
    const std::uint64_t begin = tensors.indptr[row];
    const std::uint64_t end = tensors.indptr[row + 1];
    if (begin > end || end > shard.values || end - begin > kColumnsMax) {
      return Damaged(shard, StrCat("row ", row, " lies outside its values"));
    }
    const auto indices = tensors.indices.subspan(begin, end - begin);
    std::uint32_t largest = 0;
    for (const std::uint32_t index : indices) largest = std::max(largest, index);
    if (largest >= manifest.columns) return Damaged(shard, StrCat("row ", row, " has column ", largest));
    rows.sparse.push_back({indices.data(), tensors.values.data() + begin, static_cast<std::uint32_t>(end - begin)});
  }
  return {};
}

// Appends rows [range.begin, range.end) of one shard.
Result<void> AppendShard(const Manifest& manifest, const Shard& shard, Blob blob, RowRange range, Batch& rows) {
  const SafetensorsFile file = TRY(ParseSafetensors(std::move(blob), shard.name));
  const auto labels = TRY(file.Values<float>("y"));
  if (labels.size() != shard.rows) return Damaged(shard, "tensor 'y' is not as long as its rows");
  TRY(AppendLabels(manifest, shard, labels.subspan(range.begin, range.rows()), rows));
  return manifest.sparse ? AppendSparse(manifest, shard, file, range, rows)
                         : AppendDense(manifest, shard, file, range, rows);
}

Result<const Split*> FindSplit(const Manifest& manifest, std::string_view name) {
  const Split* const split = manifest.Find(name);
  if (split != nullptr) return split;
  std::vector<std::string> names;
  for (const Split& known : manifest.splits) names.push_back(known.name);
  return Error{Code::kInvalid, StrCat("the dataset has no split '", name, "'; it has ", JoinWith(", ", names))};
}

}  // namespace

RowRange PartOf(std::uint64_t rows, int rank, int size) {
  const auto parts = static_cast<std::uint64_t>(size);
  const auto part = static_cast<std::uint64_t>(rank);
  const std::uint64_t share = rows / parts;
  const std::uint64_t larger = rows % parts;  // so many parts, the first ones, take one row more
  const std::uint64_t begin = part * share + std::min(part, larger);
  return {begin, begin + share + (part < larger ? 1 : 0)};
}

Result<Partition> OpenPartition(const Manifest& manifest, std::string_view split, RowRange range,
                                const ShardReader& read, Verify verify) {
  const Split& rows = *TRY(FindSplit(manifest, split));
  if (range.begin > range.end || range.end > rows.rows) {
    return Error{Code::kInvalid, StrCat("rows ", range.begin, " to ", range.end, " are not within the ", rows.rows,
                                        " rows of split '", split, "'")};
  }
  Partition partition;
  partition.range = range;
  partition.rows.columns = manifest.columns;
  std::uint64_t first = 0;
  for (const Shard& shard : rows.shards) {
    const RowRange overlap{std::max(range.begin, first), std::min(range.end, first + shard.rows)};
    if (overlap.begin < overlap.end) {
      Blob blob = TRY(ReadShard(shard, read, verify));
      partition.shards.push_back(blob);
      const RowRange within{overlap.begin - first, overlap.end - first};
      TRY(AppendShard(manifest, shard, std::move(blob), within, partition.rows));
    }
    first += shard.rows;
  }
  return partition;
}

}  // namespace lambdaml
