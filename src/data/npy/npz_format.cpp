// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/text.h"
#include "data/npy/npy_array.h"
#include "data/npy/npy_format.h"
#include "data/zip_file.h"

namespace lambdaml::npy {

namespace {

struct Pair {
  std::string_view rows;
  std::string_view labels;
};

// In the order of preference: a file may hold its train rows by two names. Case does not matter.
constexpr std::array kTrainNames{
    Pair{"x_train", "y_train"},
    Pair{"train_x", "train_y"},
    Pair{"train_images", "train_labels"},
    Pair{"train_data", "train_labels"},
    Pair{"x", "y"},
    Pair{"data", "labels"},
    Pair{"data", "target"},
    Pair{"images", "labels"},
    Pair{"features", "labels"},
    Pair{"features", "targets"},
    Pair{"inputs", "targets"},
    Pair{"arr_0", "arr_1"},
};
constexpr std::array kTestNames{
    Pair{"x_test", "y_test"},
    Pair{"test_x", "test_y"},
    Pair{"test_images", "test_labels"},
    Pair{"test_data", "test_labels"},
};

// Array `x` is the member x.npy.
std::string_view ArrayName(std::string_view member) {
  return member.ends_with(".npy") ? member.substr(0, member.size() - 4) : member;
}

bool SameIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&lower](char x, char y) { return lower(x) == lower(y); });
}

std::string Find(const std::vector<ZipMember>& members, std::string_view name) {
  for (const ZipMember& member : members) {
    if (SameIgnoringCase(ArrayName(member.name), name)) return std::string(ArrayName(member.name));
  }
  return {};
}

// The first pair of which both arrays are there, as a split; nothing when there is none.
std::optional<SplitFiles> Known(const std::string& path, std::span<const Pair> names, std::string_view split) {
  const auto members = ListZip(path);
  if (!members.ok()) return std::nullopt;
  for (const Pair& pair : names) {
    const std::string rows = Find(members.value(), pair.rows);
    const std::string labels = Find(members.value(), pair.labels);
    if (rows.empty() || labels.empty()) continue;
    return SplitFiles{
        .split = std::string(split), .rows = path, .labels = "", .rows_array = rows, .labels_array = labels};
  }
  return std::nullopt;
}

Result<std::string> NamesIn(const std::string& path) {
  std::vector<std::string> names;
  for (const ZipMember& member : TRY(ListZip(path))) names.emplace_back(ArrayName(member.name));
  return JoinWith(", ", names);
}

Result<SplitFiles> TrainRows(const std::string& path, std::string_view split) {
  auto known = Known(path, kTrainNames, split);
  if (!known && split == "test") known = Known(path, kTestNames, split);
  if (known) return *known;
  return Error{Code::kInvalid, StrCat(path, ": which of its arrays (", TRY(NamesIn(path)),
                                      ") are rows and labels is not known; give arrays ROWS,LABELS")};
}

Result<std::vector<SplitFiles>> Told(const ImportOptions& options) {
  const std::vector<std::string_view> names = SplitText(options.arrays, ',');
  const bool empty = std::any_of(names.begin(), names.end(), [](std::string_view name) { return name.empty(); });
  if (empty || (names.size() != 2 && names.size() != 4)) {
    return Error{Code::kInvalid,
                 StrCat("arrays '", options.arrays, "': write ROWS,LABELS or ROWS,LABELS,TEST_ROWS,TEST_LABELS")};
  }
  const auto split = [&names](std::string_view name, const std::string& path, std::size_t at) {
    return SplitFiles{.split = std::string(name),
                      .rows = path,
                      .labels = "",
                      .rows_array = std::string(names[at]),
                      .labels_array = std::string(names[at + 1])};
  };
  std::vector<SplitFiles> splits{split("train", options.source, 0)};
  if (!options.test.empty()) {
    splits.push_back(split("test", options.test, names.size() - 2));
  } else if (names.size() == 4) {
    splits.push_back(split("test", options.source, 2));
  }
  return splits;
}

Result<InputFile> OpenArray(const std::string& path, const std::string& name) {
  for (const ZipMember& member : TRY(ListZip(path))) {
    if (ArrayName(member.name) == name) return OpenZipMember(path, member);
  }
  return Error{Code::kInvalid, StrCat(path, ": there is no array '", name, "'; it has ", TRY(NamesIn(path)))};
}

}  // namespace

bool RecogniseZip(std::string_view path, std::string_view head) {
  return path.ends_with(".npz") || head.starts_with("PK\x03\x04");
}

Result<std::vector<SplitFiles>> ZipSplits(const ImportOptions& options) {
  if (!options.arrays.empty()) return Told(options);
  std::vector<SplitFiles> splits{TRY(TrainRows(options.source, "train"))};
  if (!options.test.empty()) {
    splits.push_back(TRY(TrainRows(options.test, "test")));
  } else if (auto test = Known(options.source, kTestNames, "test")) {
    splits.push_back(std::move(*test));
  }
  return splits;
}

Result<std::unique_ptr<RowReader>> OpenZip(const SplitFiles& files, const ImportOptions&) {
  InputFile rows = TRY(OpenArray(files.rows, files.rows_array));
  return OpenArrays(std::move(rows), TRY(OpenArray(files.rows, files.labels_array)));
}

}  // namespace lambdaml::npy
