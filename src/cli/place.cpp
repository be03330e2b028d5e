// SPDX-License-Identifier: Apache-2.0
#include "cli/place.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "base/url.h"
#include "storage/ops.h"
#include "storage/registry.h"

namespace lambdaml {

namespace {

const Key kManifestKey{std::string(kManifestName)};

}  // namespace

bool HasScheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view scheme = text.substr(0, colon);
  return std::all_of(scheme.begin(), scheme.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-'; });
}

Result<std::string> ResolveUrl(std::string_view text, const Environment& environment) {
  std::string expanded = TRY(environment.Expand(text).Context(PrintableUrl(text)));
  if (HasScheme(expanded)) return expanded;
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::absolute(expanded, failed);
  if (failed) return Error{Code::kInvalid, StrCat(expanded, ": ", failed.message())};
  return StrCat("file://", path.lexically_normal().string());
}

std::string LocalPath(std::string_view url) {
  const Result<Url> parsed = Url::Parse(url);
  return parsed.ok() && parsed.value().scheme == "file" ? parsed.value().path : "";
}

ShardReader OpenDataset::Reader() {
  return [this](std::string_view name) { return Load(*store, Key(std::string(name))); };
}

Result<OpenDataset> OpenDatasetAt(const std::string& url, const StoreOptions& options) {
  const std::string path = LocalPath(url);
  const std::string shown = PrintableUrl(url);
  std::error_code none;
  const Error absent{Code::kNotFound,
                     StrCat(shown, ": there is no dataset; make one with `lambdaml data import SOURCE ", shown, "`")};
  if (!path.empty() && !std::filesystem::exists(path, none)) return absent;
  OpenDataset dataset{.url = url, .store = TRY(OpenStore(url, options).Context(shown)), .manifest = {}};
  const Values values = TRY(dataset.store->Get({&kManifestKey, 1}).Context(shown));
  if (!values[0]) return absent;
  dataset.manifest = TRY(ParseManifest(values[0]->text()).Context(shown));
  return dataset;
}

Result<DatasetTarget> DatasetTarget::Open(const std::string& url, Overwrite overwrite, const StoreOptions& options) {
  const std::string shown = PrintableUrl(url);
  std::unique_ptr<Store> store = TRY(OpenStore(url, options).Context(shown));
  const Values values = TRY(store->Get({&kManifestKey, 1}).Context(shown));
  if (!values[0]) return DatasetTarget(std::move(store), {});
  if (overwrite == Overwrite::kRefuse) {
    return Error{Code::kConflict, StrCat(shown, ": there is a dataset already; --force replaces it")};
  }
  std::vector<Key> old = {kManifestKey};
  const Result<Manifest> manifest = ParseManifest(values[0]->text());
  if (!manifest.ok()) return DatasetTarget(std::move(store), std::move(old));
  for (const auto& split : manifest.value().splits) {
    for (const Shard& shard : split.shards) old.emplace_back(shard.name);
  }
  return DatasetTarget(std::move(store), std::move(old));
}

ShardSink DatasetTarget::Sink() {
  return [this](std::string_view name, ByteSpan content) { return Write(name, content); };
}

Result<void> DatasetTarget::Write(std::string_view name, ByteSpan content) {
  if (!old_.empty()) {
    TRY(Remove(*store_, old_.front()));
    TRY(store_->Delete(old_));
    old_.clear();
  }
  const Key& key = written_.emplace_back(std::string(name));
  return Save(*store_, key, content);
}

void DatasetTarget::Discard() {
  [[maybe_unused]] const Result<void> deleted = store_->Delete(written_);
  written_.clear();
}

}  // namespace lambdaml
