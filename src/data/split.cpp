// SPDX-License-Identifier: Apache-2.0
#include "data/split.h"

#include "base/text.h"
#include "data/holdout.h"

namespace lambdaml {

namespace {

// Adds the train rows whose HeldOut is `held_out`, shard by shard.
Result<void> Copy(const Manifest& manifest, const ShardReader& read, const SplitOptions& options, bool held_out,
                  DatasetWriter& writer) {
  std::uint64_t first = 0;
  for (const Shard& shard : manifest.Find("train")->shards) {
    const RowRange range{first, first + shard.rows};
    const Partition part = TRY(OpenPartition(manifest, "train", range, read, Verify::kChecksum));
    Batch chosen;
    chosen.columns = manifest.columns;
    for (std::size_t row = 0; row < part.rows.rows(); ++row) {
      if (HeldOut(options.seed, first + row, options.test_fraction) == held_out) chosen.Append(part.rows, row);
    }
    TRY(writer.Add(chosen));
    first = range.end;
  }
  return {};
}

Result<void> Check(const Manifest& manifest, const SplitOptions& options) {
  if (manifest.Find("train") == nullptr) return Error{Code::kInvalid, "the dataset has no split 'train' to divide"};
  if (manifest.Find("test") != nullptr) {
    return Error{Code::kInvalid, "the dataset has a test split already; import the train rows alone to divide them"};
  }
  if (options.test_fraction > 0 && options.test_fraction < 1) return {};
  return Error{Code::kInvalid,
               StrCat("the test fraction is ", options.test_fraction, ", not a number between 0 and 1")};
}

}  // namespace

Result<Manifest> SplitDataset(const Manifest& manifest, const ShardReader& read, const SplitOptions& options,
                              const ShardSink& sink) {
  TRY(Check(manifest, options));
  const std::uint64_t rows = manifest.Find("train")->rows;
  std::uint64_t held_out = 0;
  for (std::uint64_t row = 0; row < rows; ++row) held_out += HeldOut(options.seed, row, options.test_fraction) ? 1 : 0;
  if (held_out == 0 || held_out == rows) {
    return Error{Code::kInvalid, StrCat("a test fraction of ", options.test_fraction, " puts ", held_out, " of ", rows,
                                        " rows into the test split; choose another fraction or seed")};
  }
  Manifest form = manifest;
  form.splits.clear();
  form.origin["test_fraction"] = StrCat(options.test_fraction);
  form.origin["split_seed"] = StrCat(options.seed);
  DatasetWriter writer(std::move(form), sink);
  TRY(writer.Begin("train"));
  TRY(Copy(manifest, read, options, false, writer));
  TRY(writer.Begin("test"));
  TRY(Copy(manifest, read, options, true, writer));
  return writer.Finish();
}

}  // namespace lambdaml
