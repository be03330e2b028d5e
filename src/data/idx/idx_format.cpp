// SPDX-License-Identifier: Apache-2.0
#include "data/idx/idx_format.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/text.h"
#include "data/array_reader.h"

namespace lambdaml::idx {

namespace {

constexpr unsigned char kUnsignedByte = 0x08;
constexpr std::size_t kDimensionsMax = 8;

void ReadPixels(const char* bytes, std::span<float> values) {
  constexpr float kLargest = 255;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(static_cast<unsigned char>(bytes[i])) / kLargest;
  }
}

// The extents of the array whose header `file` stands at: two zeros, element type, number of dimensions, and a
// big-endian 32-bit extent for each.
Result<std::vector<std::uint64_t>> ReadShape(InputFile& file) {
  std::array<char, 4> start{};
  TRY(ReadExactly(file, start, "the bytes of its header"));
  const auto dimensions = static_cast<unsigned char>(start[3]);
  if (start[0] != 0 || start[1] != 0 || dimensions == 0 || dimensions > kDimensionsMax) {
    return Error{Code::kInvalid, StrCat(file.path(), ": it is not an IDX file")};
  }
  if (static_cast<unsigned char>(start[2]) != kUnsignedByte) {
    return Error{Code::kInvalid, StrCat(file.path(), ": its elements are not unsigned bytes, the only type read here")};
  }
  std::vector<std::uint64_t> shape;
  while (shape.size() < dimensions) {
    std::array<char, 4> extent{};
    TRY(ReadExactly(file, extent, "the bytes of its header"));
    std::uint64_t value = 0;
    for (const char byte : extent) value = value << 8U | static_cast<unsigned char>(byte);
    shape.push_back(value);
  }
  return shape;
}

Result<std::vector<double>> ReadLabels(const std::string& path) {
  constexpr std::size_t kLabelsAtOnce = std::size_t{1} << 16U;
  InputFile file = TRY(InputFile::Open(path));
  const std::vector<std::uint64_t> shape = TRY(ReadShape(file));
  if (shape.size() != 1) {
    return Error{Code::kInvalid, StrCat(path, ": it has ", shape.size(), " dimensions, labels have one")};
  }
  std::vector<double> labels;
  std::vector<char> bytes;
  while (labels.size() < shape[0]) {
    bytes.resize(std::min<std::uint64_t>(kLabelsAtOnce, shape[0] - labels.size()));
    TRY(ReadExactly(file, bytes, StrCat("labels from ", labels.size() + 1, " of ", shape[0])));
    for (const char byte : bytes) labels.push_back(static_cast<unsigned char>(byte));
  }
  TRY(ExpectEnd(file));
  return labels;
}

// `path` itself, or with .gz added or taken away; nothing when neither is there.
std::optional<std::string> Present(const std::string& path) {
  const std::string plain(WithoutGzip(path));
  for (const std::string& candidate : {path, plain, plain + ".gz"}) {
    if (Exists(candidate)) return candidate;
  }
  return std::nullopt;
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.rfind(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

Result<std::string> FindLabels(const std::string& rows) {
  const std::string expected = Replaced(Replaced(rows, "images", "labels"), "idx3", "idx1");
  const auto found = Present(expected);
  if (found && expected != rows) return *found;
  return Error{Code::kInvalid, StrCat(rows, ": there is no file of labels beside it",
                                      expected == rows ? "" : StrCat(" (", expected, ")"), "; name it with labels")};
}

Result<std::vector<SplitFiles>> InFolder(const std::filesystem::path& folder) {
  const std::string train_name = folder / "train-images-idx3-ubyte";
  const auto train = Present(train_name);
  if (!train) {
    return Error{Code::kInvalid, StrCat(folder.native(),
                                        ": the folder holds no train-images-idx3-ubyte or the same "
                                        "with .gz; give a file, or a folder of IDX files")};
  }
  std::vector<SplitFiles> splits{{.split = "train", .rows = *train, .labels = ""}};
  const auto test = Present(folder / "t10k-images-idx3-ubyte");
  if (test) splits.push_back({.split = "test", .rows = *test, .labels = ""});
  return splits;
}

}  // namespace

bool Recognise(std::string_view, std::string_view head) {
  return head.size() >= 4 && head[0] == 0 && head[1] == 0 && head[2] >= 0x08 && head[2] <= 0x0E && head[3] >= 1 &&
         static_cast<std::size_t>(head[3]) <= kDimensionsMax;
}

bool RecogniseFolder(const std::string& path) {
  return Present(std::filesystem::path(path) / "train-images-idx3-ubyte").has_value();
}

Result<std::vector<SplitFiles>> Splits(const ImportOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(options.source, ignored)) return GivenSplits(options);
  std::vector<SplitFiles> splits = TRY(InFolder(options.source));
  splits[0].labels = options.labels;
  if (options.test.empty()) return splits;
  splits.resize(1);
  splits.push_back({.split = "test", .rows = options.test, .labels = options.test_labels});
  return splits;
}

Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions&) {
  InputFile file = TRY(InputFile::Open(files.rows));
  const std::vector<std::uint64_t> shape = TRY(ReadShape(file));
  ArrayLayout layout{.rows = shape[0], .columns = 1, .element_bytes = 1, .read = ReadPixels};
  for (std::size_t i = 1; i < shape.size(); ++i) {
    if (__builtin_mul_overflow(layout.columns, shape[i], &layout.columns)) {
      return Error{Code::kInvalid, StrCat(files.rows, ": its shape is too large")};
    }
  }
  if (shape.size() == 1) return Error{Code::kInvalid, StrCat(files.rows, ": it holds labels, give the images' file")};
  const std::string labels = files.labels.empty() ? TRY(FindLabels(files.rows)) : files.labels;
  return ArrayReader::Make(std::move(file), layout, TRY(ReadLabels(labels)), labels);
}

}  // namespace lambdaml::idx
