// SPDX-License-Identifier: Apache-2.0
#include "data/cifar/cifar_format.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "data/array_reader.h"

namespace lambdaml::cifar {

namespace {

constexpr std::size_t kValues = std::size_t{3} * 32 * 32;
constexpr std::size_t kRecordBytes = 1 + kValues;
constexpr std::size_t kRecordsAtOnce = 256;
constexpr std::size_t kClasses = 10;
constexpr int kBatches = 5;
constexpr std::size_t kNamesBytesMax = 4096;

Error Invalid(std::string_view path, std::string_view what) { return {Code::kInvalid, StrCat(path, ": ", what)}; }

std::string BatchName(int number) { return StrCat("data_batch_", number, ".bin"); }

// `name` in `folder`, also with .gz; empty when it is not there.
std::string Present(const std::filesystem::path& folder, const std::string& name) {
  for (const std::string& candidate : {name, name + ".gz"}) {
    if (Exists(folder / candidate)) return folder / candidate;
  }
  return {};
}

// The names of the classes, one a line; none when the file is not there.
Result<std::vector<std::string>> ClassNames(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  const std::string path = Present(folder, "batches.meta.txt");
  if (path.empty()) return names;
  InputFile file = TRY(InputFile::Open(path));
  std::string text(kNamesBytesMax, '\0');
  text.resize(TRY(file.Read(text)));
  for (const std::string_view line : SplitText(text, '\n')) {
    if (!Trim(line).empty()) names.emplace_back(Trim(line));
  }
  if (names.size() == kClasses) return names;
  return Invalid(path, StrCat("it has ", names.size(), " names, not ", kClasses));
}

class Reader final : public RowReader {
 public:
  Reader(std::vector<std::string> paths, std::vector<std::string> names)
      : paths_(std::move(paths)), names_(std::move(names)), bytes_(kRecordsAtOnce * kRecordBytes) {}

  Result<std::optional<RowBlock>> Next() override {
    while (next_ < paths_.size()) {
      if (!file_) file_ = TRY(InputFile::Open(paths_[next_]));
      const std::size_t count = TRY(file_->Read(bytes_));
      if (count > 0) return std::optional(TRY(BlockOf({bytes_.data(), count})));
      file_.reset();
      rows_ = 0;
      ++next_;
    }
    return std::optional<RowBlock>();
  }

  double share() const override {
    const double whole = static_cast<double>(next_) + (file_ ? file_->share() : 0);
    return std::min(1.0, whole / static_cast<double>(paths_.size()));
  }

 private:
  Result<RowBlock> BlockOf(std::string_view bytes) {
    if (bytes.size() % kRecordBytes != 0) {
      return Invalid(paths_[next_],
                     StrCat("the file is cut short, or is not CIFAR-10's: record ",
                            rows_ + bytes.size() / kRecordBytes + 1, " has not ", kRecordBytes, " bytes"));
    }
    RowBlock block;
    block.columns = kValues;
    block.first = given_ + 1;
    block.names = names_;
    block.values.resize(bytes.size() / kRecordBytes * kValues);
    float* value = block.values.data();
    for (; !bytes.empty(); bytes.remove_prefix(kRecordBytes)) {
      const auto label = static_cast<unsigned char>(bytes.front());
      ++rows_;
      ++given_;
      if (label >= kClasses) {
        return Invalid(paths_[next_],
                       StrCat("record ", rows_, ": label ", static_cast<int>(label), " is out of range, there are ",
                              kClasses, " classes (0 to ", kClasses - 1, "); check that it is a file of CIFAR-10"));
      }
      block.labels.push_back(label);
      for (const char byte : bytes.substr(1, kValues)) *value++ = Shade(byte);
    }
    return block;
  }

  static float Shade(char byte) {
    constexpr float kLargest = 255;
    return static_cast<float>(static_cast<unsigned char>(byte)) / kLargest;
  }

  std::vector<std::string> paths_;
  std::vector<std::string> names_;
  std::vector<char> bytes_;
  std::size_t next_ = 0;  // of paths_
  std::optional<InputFile> file_;
  std::uint64_t rows_ = 0;   // of this file
  std::uint64_t given_ = 0;  // of all
};

}  // namespace

bool Recognise(std::string_view path, std::string_view) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.ends_with(".bin") && (name.starts_with("data_batch_") || name.starts_with("test_batch"));
}

bool RecogniseFolder(const std::string& path) { return !Present(path, BatchName(1)).empty(); }

Result<std::vector<SplitFiles>> Splits(const ImportOptions& options) {
  std::vector<SplitFiles> splits = TRY(GivenSplits(options));
  const std::string test = Present(options.source, "test_batch.bin");
  if (options.test.empty() && !test.empty()) splits.push_back({.split = "test", .rows = test, .labels = ""});
  return splits;
}

// A folder's rows are those of its batches.
Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions&) {
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(files.rows, ignored);
  std::vector<std::string> paths;
  for (int number = 1; folder && number <= kBatches; ++number) {
    const std::string path = Present(files.rows, BatchName(number));
    if (!path.empty()) paths.push_back(path);
  }
  if (folder && paths.empty())
    return Invalid(files.rows, "the folder holds no data_batch_1.bin; give a file of records");
  if (!folder) paths.push_back(files.rows);
  const std::filesystem::path beside =
      folder ? std::filesystem::path(files.rows) : std::filesystem::path(files.rows).parent_path();
  return std::unique_ptr<RowReader>(std::make_unique<Reader>(std::move(paths), TRY(ClassNames(beside))));
}

}  // namespace lambdaml::cifar
