// SPDX-License-Identifier: Apache-2.0
#include "data/dataset_writer.h"

#include "base/crc.h"
#include "base/text.h"
#include "data/safetensors.h"

namespace lambdaml {

Result<void> DatasetWriter::Begin(std::string_view split) {
  TRY(WriteShard());
  manifest_.splits.push_back({.name = std::string(split), .rows = 0, .shards = {}});
  if (split == "train") manifest_.class_rows.assign(manifest_.classes.size(), 0);
  return {};
}

Result<void> DatasetWriter::Add(const Batch& rows) {
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (!labels_.empty() && PendingBytesWith(rows, row) > kShardBytes) TRY(WriteShard());
    Append(rows, row);
  }
  return {};
}

Result<Manifest> DatasetWriter::Finish() {
  TRY(WriteShard());
  std::erase_if(manifest_.splits, [](const Split& split) { return split.rows == 0; });
  if (manifest_.Find("train") == nullptr) return Error{Code::kInvalid, "there are no rows to train on"};
  TRY(sink_(kManifestName, AsBytes(ToJson(manifest_))).Context("writing the manifest"));
  return std::move(manifest_);
}

std::uint64_t DatasetWriter::PendingBytesWith(const Batch& rows, std::size_t row) const {
  const std::uint64_t values = values_.size() + (manifest_.sparse ? rows.sparse[row].size : manifest_.columns);
  const std::uint64_t per_value = sizeof(float) + (manifest_.sparse ? sizeof(std::uint32_t) : 0);
  const std::uint64_t per_row = sizeof(float) + (manifest_.sparse ? sizeof(std::uint64_t) : 0);
  return values * per_value + (labels_.size() + 1) * per_row;
}

void DatasetWriter::Append(const Batch& rows, std::size_t row) {
  if (manifest_.sparse) {
    const SparseRow& entries = rows.sparse[row];
    indices_.insert(indices_.end(), entries.index, entries.index + entries.size);
    values_.insert(values_.end(), entries.value, entries.value + entries.size);
    indptr_.push_back(values_.size());
  } else {
    values_.insert(values_.end(), rows.dense[row], rows.dense[row] + manifest_.columns);
  }
  labels_.push_back(rows.labels[row]);
}

void DatasetWriter::CountClasses(const Split& split) {
  if (split.name != "train" || manifest_.class_rows.empty()) return;
  for (const float label : labels_) ++manifest_.class_rows[static_cast<std::size_t>(label)];
}

Result<void> DatasetWriter::WriteShard() {
  if (labels_.empty()) return {};
  Split& split = manifest_.splits.back();
  const std::uint64_t rows = labels_.size();
  std::vector<TensorView> tensors;
  if (manifest_.sparse) {
    indptr_.insert(indptr_.begin(), 0);
    tensors.push_back(ViewOf<std::uint64_t>("indptr", {rows + 1}, indptr_));
    tensors.push_back(ViewOf<std::uint32_t>("indices", {indices_.size()}, indices_));
    tensors.push_back(ViewOf<float>("values", {values_.size()}, values_));
  } else {
    tensors.push_back(ViewOf<float>("x", {rows, manifest_.columns}, values_));
  }
  tensors.push_back(ViewOf<float>("y", {rows}, labels_));
  const Bytes file = WriteSafetensors(tensors, {});
  Shard shard{.name = StrCat(split.name, "-", Padded(split.shards.size(), 5), ".safetensors"),
              .rows = rows,
              .values = values_.size(),
              .bytes = file.size(),
              .crc = Crc32c(file)};
  TRY(sink_(shard.name, file).Context(StrCat("writing ", shard.name)));
  CountClasses(split);
  split.rows += rows;
  split.shards.push_back(std::move(shard));
  values_.clear();
  indices_.clear();
  indptr_.clear();
  labels_.clear();
  return {};
}

}  // namespace lambdaml
