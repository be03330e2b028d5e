// SPDX-License-Identifier: Apache-2.0
#pragma once

// Turns files of other programs into a dataset: texts (LIBSVM, CSV, ratings, YFCC) and arrays (NPY, NPZ, IDX,
// CIFAR-10), each plain or gzipped. Reading is streaming and parallel; memory is bounded, whatever the size of the
// file. The same files and options give the same bytes, for any number of threads. Errors are one line and name the
// file and the line or row.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/field.h"
#include "base/result.h"
#include "data/dataset.h"
#include "data/dataset_writer.h"

namespace lambdaml {

struct ImportOptions {
  std::string source = {};  // a file, or a folder of IDX or CIFAR-10 files by their usual names
  std::string test = {};    // source of the split "test"; empty: none, or what the source folder holds
  std::string labels = {};  // npy, idx: the labels' file; empty: found beside the source
  std::string test_labels = {};
  std::string format = "auto";
  std::string form = "auto";
  std::string task = "auto";
  std::string label_column = "first";
  std::string header = "auto";
  std::string missing = "error";
  std::string categorical = "auto";
  std::int64_t hash_columns = 0;
  std::string hash_value = "one";
  std::string index_base = "auto";
  std::int64_t columns = 0;
  std::int64_t users = 0;
  std::int64_t items = 0;
  std::string positive = {};
  std::string arrays = {};
  std::size_t threads = 1;  // not a setting of the data
};

// Every option but source and threads.
Fields Describe(ImportOptions& options);

// Shards go to `sink` as soon as they are full, the manifest last.
Result<Manifest> ImportDataset(const ImportOptions& options, const ShardSink& sink, const OnDataProgress& progress);

// What can be imported, for listings.
struct FormatInfo {
  std::string_view name;
  std::string_view summary;
  std::string_view recognised;  // how a file of it is known
};
std::vector<FormatInfo> FormatList();

}  // namespace lambdaml
