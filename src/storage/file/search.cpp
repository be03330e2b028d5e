// SPDX-License-Identifier: Apache-2.0
#include "storage/file/search.h"

#include <algorithm>

#include "storage/file/file_name.h"
#include "storage/file/value_file.h"

namespace lambdaml::file {

Result<Search> Search::For(std::string_view root, std::span<const Key> keys) {
  Search search;
  search.paths_.reserve(keys.size());
  for (const Key& key : keys) {
    std::string& path = search.paths_.emplace_back(root);
    TRY(AppendPath(path, key));
  }
  search.values_.resize(keys.size());
  return search;
}

Result<void> Search::Read(std::size_t index) {
  if (!values_[index]) values_[index] = TRY(ReadValue(paths_[index]));
  return {};
}

Result<void> Search::LookForAll() {
  for (std::size_t i = 0; i < paths_.size(); ++i) TRY(Read(i));
  return {};
}

void Search::IndexNames() {
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    const std::string_view path = paths_[i];
    if (!values_[i]) missing_.emplace(path.substr(path.rfind('/') + 1), i);
  }
}

Result<void> Search::LookFor(std::span<const std::string_view> names) {
  if (missing_.empty()) IndexNames();
  for (const std::string_view name : names) {
    const auto [begin, end] = missing_.equal_range(name);
    for (auto at = begin; at != end; ++at) TRY(Read(at->second));
  }
  return {};
}

std::vector<std::string> Search::Folders() const {
  std::vector<std::string> folders;
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    if (!values_[i]) folders.push_back(paths_[i].substr(0, paths_[i].rfind('/')));
  }
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  return folders;
}

}  // namespace lambdaml::file
