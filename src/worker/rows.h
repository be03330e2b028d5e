// SPDX-License-Identifier: Apache-2.0
#pragma once

// The rows that one rank trains and is tested on.

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "data/batch.h"
#include "data/dataset.h"
#include "data/standardise.h"
#include "job/spec.h"
#include "storage/store.h"

namespace lambdaml {

// A rank's share. The batches point into memory that this object keeps alive; it may be moved.
struct Share {
  Batch train;
  std::uint64_t first_row = 0;   // the index of train's first row among all training rows
  std::uint64_t total_rows = 0;  // training rows of all ranks
  Batch test;                    // of the test split, or held out; may be empty on one rank and not on another
  std::uint64_t test_rows = 0;   // of all ranks; 0: the job has none
  std::vector<Blob> owners;
  std::vector<std::vector<float>> copies;  // likewise, of rows that were changed
};

// The manifest of the dataset in `data`, with an error that says how a dataset is made if there is none.
Result<Manifest> LoadManifest(Store& data);

// Reads shards from `data` by their names.
ShardReader ReadShardsFrom(Store& data);

// Replaces the rows by standardised ones.
void StandardiseShare(const Standardisation& standardisation, Share& share);

// kInvalid if there are fewer training rows than workers, or a hold-out is asked for where there is a test split.
Result<Share> OpenShare(const JobSpec& spec, int rank, const Manifest& manifest, Store& data);

}  // namespace lambdaml
