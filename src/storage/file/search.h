// SPDX-License-Identifier: Apache-2.0
#pragma once

// The keys of one Get or Wait: which are found and where the others would appear.

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/store.h"

namespace lambdaml::file {

class Search {
 public:
  // `keys` below the folder `root`.
  static Result<Search> For(std::string_view root, std::span<const Key> keys);

  // Reads every missing key, or those whose file has one of the names.
  Result<void> LookForAll();
  Result<void> LookFor(std::span<const std::string_view> names);

  const Values& values() const { return values_; }
  Values TakeValues() && { return std::move(values_); }

  // Where the missing keys would appear, each once.
  std::vector<std::string> Folders() const;

 private:
  Result<void> Read(std::size_t index);
  void IndexNames();

  std::vector<std::string> paths_;
  Values values_;
  std::unordered_multimap<std::string_view, std::size_t> missing_;  // by file name; made when it is first needed
};

}  // namespace lambdaml::file
