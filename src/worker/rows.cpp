// SPDX-License-Identifier: Apache-2.0
#include "worker/rows.h"

#include <iterator>

#include "base/text.h"
#include "data/holdout.h"
#include "storage/ops.h"

namespace lambdaml {

namespace {

// Training rows among rows [begin, end) of the train split.
std::uint64_t CountTraining(const JobSpec& spec, std::uint64_t begin, std::uint64_t end) {
  if (spec.holdout == 0) return end - begin;
  std::uint64_t count = 0;
  for (std::uint64_t row = begin; row < end; ++row) {
    if (!HeldOut(static_cast<std::uint64_t>(spec.seed), row, spec.holdout)) ++count;
  }
  return count;
}

void Adopt(std::vector<Blob>& owners, std::vector<Blob> shards) {
  owners.insert(owners.end(), std::make_move_iterator(shards.begin()), std::make_move_iterator(shards.end()));
}

// Deals the rows of a partition of the train split to `share.train` and, if held out, `share.test`.
void DealRows(const JobSpec& spec, Partition partition, Share& share) {
  if (spec.holdout == 0) {
    share.train = std::move(partition.rows);
  } else {
    share.train.columns = share.test.columns = partition.rows.columns;
    for (std::size_t i = 0; i < partition.rows.rows(); ++i) {
      const bool held = HeldOut(static_cast<std::uint64_t>(spec.seed), partition.range.begin + i, spec.holdout);
      (held ? share.test : share.train).Append(partition.rows, i);
    }
  }
  Adopt(share.owners, std::move(partition.shards));
}

Result<void> OpenTest(const JobSpec& spec, int rank, const Manifest& manifest, const ShardReader& read, Share& share) {
  const Split* const test = manifest.Find("test");
  if (test == nullptr) return {};
  const RowRange range = PartOf(test->rows, rank, static_cast<int>(spec.workers));
  Partition partition = TRY(OpenPartition(manifest, "test", range, read, Verify::kHeader));
  share.test = std::move(partition.rows);
  share.test_rows = test->rows;
  Adopt(share.owners, std::move(partition.shards));
  return {};
}

Result<void> CheckCounts(const JobSpec& spec, const Manifest& manifest, const Share& share) {
  if (spec.holdout > 0 && manifest.Find("test") != nullptr) {
    return Error{Code::kInvalid, "holdout: the data has a test split already; remove 'holdout' from the job"};
  }
  if (share.total_rows < static_cast<std::uint64_t>(spec.workers)) {
    return Error{Code::kInvalid,
                 StrCat("workers: ", spec.workers, " are more than the ", share.total_rows, " rows to train on")};
  }
  return {};
}

}  // namespace

Result<Manifest> LoadManifest(Store& data) {
  const Result<Blob> json = Load(data, Key(std::string(kManifestName)));
  if (!json.ok() && json.error().code == Code::kNotFound) {
    return Error{Code::kInvalid, StrCat("no dataset at ", data.name(), ": make one with `lambdaml data import SOURCE ",
                                        data.name(), "`")};
  }
  if (!json.ok()) return json.error();
  return ParseManifest(json.value().text()).Context(data.name());
}

ShardReader ReadShardsFrom(Store& data) {
  return [&data](std::string_view name) { return Load(data, Key(std::string(name))); };
}

void StandardiseShare(const Standardisation& standardisation, Share& share) {
  for (Batch* const rows : {&share.train, &share.test}) {
    if (rows->rows() == 0) continue;
    StandardisedRows own = Standardise(standardisation, *rows);
    *rows = std::move(own.rows);
    share.copies.push_back(std::move(own.values));
  }
}

Result<Share> OpenShare(const JobSpec& spec, int rank, const Manifest& manifest, Store& data) {
  const Split* const train = manifest.Find("train");
  if (train == nullptr) return Error{Code::kInvalid, StrCat(data.name(), ": the dataset has no split 'train'")};
  const RowRange range = PartOf(train->rows, rank, static_cast<int>(spec.workers));
  Share share;
  share.first_row = CountTraining(spec, 0, range.begin);
  share.total_rows = share.first_row + CountTraining(spec, range.begin, train->rows);
  TRY(CheckCounts(spec, manifest, share));
  if (spec.holdout > 0) share.test_rows = train->rows - share.total_rows;
  const ShardReader read = ReadShardsFrom(data);
  DealRows(spec, TRY(OpenPartition(manifest, "train", range, read, Verify::kHeader)), share);
  TRY(OpenTest(spec, rank, manifest, read, share));
  return share;
}

}  // namespace lambdaml
