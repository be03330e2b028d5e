// SPDX-License-Identifier: Apache-2.0
#include "data/npy/npy_format.h"

#include <filesystem>

#include "base/text.h"
#include "data/array_reader.h"
#include "data/npy/npy_array.h"

namespace lambdaml::npy {

namespace {

// The names that a labels' file usually has, beside the rows' file.
Result<std::string> FindLabels(const std::string& rows) {
  const std::filesystem::path path(rows);
  const std::string name = path.filename();
  std::vector<std::string> candidates;
  if (name.starts_with('x') || name.starts_with('X')) {
    candidates = {StrCat("y", name.substr(1)), StrCat("Y", name.substr(1))};
  }
  for (const std::string_view word : {"features", "images", "data"}) {
    const std::size_t at = name.find(word);
    if (at != std::string::npos) candidates.push_back(std::string(name).replace(at, word.size(), "labels"));
  }
  for (const std::string& candidate : candidates) {
    if (Exists(path.parent_path() / candidate)) return std::string(path.parent_path() / candidate);
  }
  return Error{Code::kInvalid, StrCat(rows, ": there is no file of labels beside it",
                                      candidates.empty() ? "" : StrCat(" (", JoinWith(", ", candidates), ")"),
                                      "; name it with labels, or give labels none")};
}

}  // namespace

bool Recognise(std::string_view, std::string_view head) { return head.starts_with(kMagic); }

Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions&) {
  InputFile rows = TRY(InputFile::Open(files.rows));
  if (files.labels == "none") return OpenArrays(std::move(rows), std::nullopt);
  const std::string labels = files.labels.empty() ? TRY(FindLabels(files.rows)) : files.labels;
  return OpenArrays(std::move(rows), TRY(InputFile::Open(labels)));
}

}  // namespace lambdaml::npy
