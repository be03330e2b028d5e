// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where data is, as a person writes it: a URL or a path, with $NAME in it.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "data/dataset.h"
#include "data/dataset_writer.h"
#include "storage/backend.h"

namespace lambdaml {

// A URL with its variables replaced; a text without a scheme is a path, and becomes file:// and that path.
Result<std::string> ResolveUrl(std::string_view text, const Environment& environment);

// Whether a text begins as a URL does, and is therefore no path.
bool HasScheme(std::string_view text);

// The path that a file: URL or a path leads to; empty for any other URL.
std::string LocalPath(std::string_view url);

// A dataset that exists.
struct OpenDataset {
  std::string url;
  std::unique_ptr<Store> store;
  Manifest manifest;

  ShardReader Reader();
};

// `url` as ResolveUrl returns it. kNotFound says how a dataset is made.
Result<OpenDataset> OpenDatasetAt(const std::string& url, const StoreOptions& options);

enum class Overwrite { kRefuse, kAllow };

// Where a dataset is written. Nothing there is touched before the first shard comes; then an old dataset goes, manifest
// first, so that at no time there is half of one.
class DatasetTarget {
 public:
  // kConflict if there is a dataset already and it may not be overwritten.
  static Result<DatasetTarget> Open(const std::string& url, Overwrite overwrite, const StoreOptions& options);

  // The target must outlive the sink.
  ShardSink Sink();

  // Deletes what was written.
  void Discard();

 private:
  DatasetTarget(std::unique_ptr<Store> store, std::vector<Key> old) : store_(std::move(store)), old_(std::move(old)) {}

  Result<void> Write(std::string_view name, ByteSpan content);

  std::unique_ptr<Store> store_;
  std::vector<Key> old_;  // still to be deleted
  std::vector<Key> written_;
};

}  // namespace lambdaml
