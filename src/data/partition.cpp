// SPDX-License-Identifier: Apache-2.0
// Rows of a dataset, from the shards that hold them.

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

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
  if (shard.rows > blob.size() / sizeof(float))
    return Damaged(shard, StrCat("it is too small for ", shard.rows, " rows"));
  if (verify == Verify::kChecksum && Crc32c(blob.span()) != shard.crc) {
    return Damaged(shard, "its checksum differs from the manifest's");
  }
  return blob;
}

constexpr std::size_t kClassesMax = std::size_t{1} << 24U;  // a float holds every whole number up to here

// Labels of classes become indices into tables, so they are checked before anyone computes with them.
Result<void> AppendLabels(const Manifest& manifest, const Shard& shard, std::span<const float> labels, Batch& rows) {
  const auto classes = static_cast<float>(std::min(manifest.classes.size(), kClassesMax));
  const auto good = [&manifest, classes](float label) {
    if (manifest.classes.empty()) return std::isfinite(label);
    return label >= 0 && label < classes && static_cast<float>(static_cast<std::int32_t>(label)) == label;
  };
  const auto bad = std::find_if_not(labels.begin(), labels.end(), good);
  if (bad != labels.end()) {
    return Damaged(shard, StrCat("label ", static_cast<double>(*bad), " is not one of its classes"));
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

// Rows of one shard.
struct Part {
  const Shard* shard;
  RowRange rows;
};

// Makes room for `count` elements, in large pages where the system has them: touching tens of megabytes for the first
// time in small ones takes longer than all else that opening does.
template <class Element>
void Reserve(std::vector<Element>& elements, std::uint64_t count) {
  constexpr std::size_t kLargePage = std::size_t{2} << 20U;
  elements.reserve(count);
  std::size_t bytes = count * sizeof(Element);
  void* first = elements.data();
  if (std::align(kLargePage, kLargePage, first, bytes) == nullptr) return;
  madvise(first, bytes / kLargePage * kLargePage, MADV_HUGEPAGE);  // a wish: it may fail
}

void Reserve(bool sparse, std::uint64_t count, Batch& rows) {
  Reserve(rows.labels, count);
  if (sparse) {
    Reserve(rows.sparse, count);
  } else {
    Reserve(rows.dense, count);
  }
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
  std::vector<Part> parts;
  std::uint64_t first = 0;
  for (const Shard& shard : rows.shards) {
    const RowRange overlap{std::max(range.begin, first), std::min(range.end, first + shard.rows)};
    if (overlap.begin < overlap.end) {
      partition.shards.push_back(TRY(ReadShard(shard, read, verify)));
      parts.push_back({&shard, {overlap.begin - first, overlap.end - first}});
    }
    first += shard.rows;
  }
  Reserve(manifest.sparse, range.rows(), partition.rows);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    TRY(AppendShard(manifest, *parts[i].shard, partition.shards[i], parts[i].rows, partition.rows));
  }
  return partition;
}

}  // namespace lambdaml
