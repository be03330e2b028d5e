// SPDX-License-Identifier: Apache-2.0
#include "data/import.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "data/format.h"
#include "data/input_file.h"
#include "data/plan.h"

namespace lambdaml {

namespace {

// Blocks parsed to survey a file are kept up to this size, and the file is not read again; a larger file is read twice.
constexpr std::size_t kKeptBytesMax = std::size_t{256} << 20U;
constexpr std::size_t kHeadBytes = 4096;

// One split after its survey.
struct Surveyed {
  SplitFiles files;
  Survey survey;
  std::optional<std::vector<RowBlock>> kept;  // every block, where they are few
};

Result<const Format*> FormatOfFolder(const std::string& path) {
  for (const Format& format : Formats()) {
    if (format.recognise_folder != nullptr && format.recognise_folder(path)) return &format;
  }
  return Error{Code::kInvalid, StrCat(path,
                                      ": the folder holds neither train-images-idx3-ubyte (IDX, also with .gz) nor "
                                      "data_batch_1.bin (CIFAR-10); give a file, or such a folder")};
}

Result<const Format*> FormatOf(const ImportOptions& options) {
  std::vector<std::string> names;
  for (const Format& format : Formats()) {
    if (format.name == options.format) return &format;
    names.emplace_back(format.name);
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(options.source, ignored)) return FormatOfFolder(options.source);
  std::string head(kHeadBytes, '\0');
  InputFile file = TRY(InputFile::Open(options.source));
  head.resize(TRY(file.Read(head)));
  for (const Format& format : Formats()) {
    if (format.recognise(WithoutGzip(options.source), head)) return &format;
  }
  return Error{Code::kInvalid,
               StrCat(options.source, ": its format is not recognised; give format as one of ", JoinWith(", ", names))};
}

// The options as if each had been assigned, so that a wrong word is refused wherever they come from.
Result<void> CheckOptions(ImportOptions options) {
  for (const Field& field : Describe(options)) TRY(Assign(field, ValueText(field)));
  return {};
}

class Import {
 public:
  Import(const Format& format, const ImportOptions& options, const OnDataProgress& progress)
      : format_(format), options_(options), progress_(progress) {}

  Result<Surveyed> SurveyOf(const SplitFiles& files) {
    Surveyed split{.files = files, .survey = {}, .kept = std::nullopt};
    const auto reader = TRY(format_.open(files, options_));
    const auto known = reader->Known();
    if (known) {
      split.survey = *known;
      return split;
    }
    split.kept.emplace();
    while (auto block = TRY(reader->Next())) {
      split.survey.Add(*block);
      Keep(std::move(*block), split.kept);
      Tell("reading", reader->share(), split.survey.rows);
    }
    if (split.survey.rows == 0) return Error{Code::kInvalid, StrCat(files.rows, ": it holds no rows")};
    return split;
  }

  Result<void> Write(const ImportPlan& plan, Surveyed& split, DatasetWriter& writer) {
    TRY(writer.Begin(split.files.split));
    if (split.kept) {
      for (RowBlock& block : *split.kept) {
        TRY(AddRows(plan, split.files.rows, block, writer));
        block = {};
      }
      return {};
    }
    const auto reader = TRY(format_.open(split.files, options_));
    std::uint64_t rows = 0;
    while (auto block = TRY(reader->Next())) {
      rows += block->rows();
      TRY(AddRows(plan, split.files.rows, *block, writer));
      Tell("writing", reader->share(), rows);
    }
    return {};
  }

 private:
  void Keep(RowBlock block, std::optional<std::vector<RowBlock>>& kept) {
    if (!kept) return;
    block.index.shrink_to_fit();
    block.values.shrink_to_fit();
    kept_bytes_ += block.bytes();
    kept->push_back(std::move(block));
    if (kept_bytes_ > kKeptBytesMax) kept.reset();
  }

  void Tell(std::string_view step, double share, std::uint64_t rows) const {
    if (progress_) progress_({.step = step, .share = share, .rows = rows});
  }

  const Format& format_;
  const ImportOptions& options_;
  const OnDataProgress& progress_;
  std::size_t kept_bytes_ = 0;
};

// The options that say how bytes became rows and are not at their defaults.
std::map<std::string, std::string> Chosen(ImportOptions options) {
  ImportOptions defaults;
  defaults.test = options.test;
  defaults.labels = options.labels;
  defaults.test_labels = options.test_labels;
  const Fields usual = Describe(defaults);
  std::map<std::string, std::string> chosen;
  for (const Field& field : Describe(options)) {
    const auto same =
        std::find_if(usual.begin(), usual.end(), [&field](const Field& f) { return f.name == field.name; });
    if (ValueText(*same) != ValueText(field)) chosen[std::string(field.name)] = ValueText(field);
  }
  return chosen;
}

Manifest FormOf(const ImportPlan& plan, const ImportOptions& options, const Format& format) {
  Manifest manifest;
  manifest.sparse = plan.sparse;
  manifest.columns = plan.columns;
  manifest.classes = plan.classes;
  manifest.source = std::filesystem::path(options.source).filename();
  if (manifest.source.empty()) manifest.source = options.source;
  manifest.origin = Chosen(options);
  manifest.origin["format"] = format.name;
  if (options.hash_columns > 0) manifest.origin["hash"] = "fnv-1a 64, splitmix64";
  if (plan.users > 0) {
    manifest.origin["users"] = StrCat(plan.users);
    manifest.origin["items"] = StrCat(plan.items);
  }
  return manifest;
}

}  // namespace

Fields Describe(ImportOptions& options) {
  std::vector<std::string> formats{"auto"};
  for (const Format& format : Formats()) formats.emplace_back(format.name);
  return {
      {"test", options.test, "file whose rows become the test split; empty: none, or what a source folder holds"},
      {"labels", options.labels,
       "file of labels (npy, idx); empty: found beside the source by its name; none (npy): they are 0"},
      {"test_labels", options.test_labels, "file of labels of the test split; empty: found by its name"},
      {"format", options.format, "what the source is; auto: recognised", {.one_of = formats}},
      {"form",
       options.form,
       "how rows are stored; auto: sparse for libsvm with at most half of the values given, else dense",
       {.one_of = {"auto", "dense", "sparse"}}},
      {"task",
       options.task,
       "what labels are; auto: classes where they are texts or at most 10,000 distinct integers, else numbers",
       {.one_of = {"auto", "classification", "regression"}}},
      {"label_column", options.label_column,
       "csv: first, last, a number from 1, a name of the first line, or none: then labels are 0"},
      {"header",
       options.header,
       "csv: whether the first line holds names; auto: when a value of it is no number",
       {.one_of = {"auto", "yes", "no"}}},
      {"index_base",
       options.index_base,
       "libsvm, ratings: where numbering begins; auto: 1, or 0 where there is a 0",
       {.one_of = {"auto", "0", "1"}}},
      {"columns",
       options.columns,
       "how many columns there are; 0: as the train split has",
       {.min = 0, .max = static_cast<double>(kColumnsMax)}},
      {"missing", options.missing, "csv: what an empty field of numbers is", {.one_of = {"error", "zero"}}},
      {"hash_columns",
       options.hash_columns,
       "csv: columns that texts are hashed to, rows are then sparse; 0: none (criteo: 1,000,000)",
       {.min = 0, .max = static_cast<double>(kColumnsMax)}},
      {"categorical", options.categorical,
       "csv: columns to hash, as names or numbers from 1 (3,5-7,city); auto: those that hold texts"},
      {"hash_value",
       options.hash_value,
       "csv, criteo: value of a hashed column; unit: 1/sqrt(hashed columns of a row), so that rows have length 1",
       {.one_of = {"one", "unit"}}},
      {"users",
       options.users,
       "ratings: how many users there are; 0: as both splits have",
       {.min = 0, .max = static_cast<double>(kColumnsMax)}},
      {"items",
       options.items,
       "ratings: how many items there are; 0: as both splits have",
       {.min = 0, .max = static_cast<double>(kColumnsMax)}},
      {"positive", options.positive, "yfcc: the tag whose rows are class 1; all others are class 0"},
      {"arrays", options.arrays,
       "npz: names of the arrays, ROWS,LABELS or ROWS,LABELS,TEST_ROWS,TEST_LABELS; empty: known names"},
  };
}

Result<Manifest> ImportDataset(const ImportOptions& given, const ShardSink& sink, const OnDataProgress& progress) {
  TRY(CheckOptions(given));
  const Format& format = *TRY(FormatOf(given));
  const std::vector<SplitFiles> sources = TRY(format.splits(given));
  const ImportOptions options = format.settle == nullptr ? given : TRY(format.settle(sources[0], given));
  Import import(format, options, progress);
  std::vector<Surveyed> splits;
  splits.reserve(sources.size());
  for (const SplitFiles& files : sources) splits.push_back(TRY(import.SurveyOf(files)));
  const Survey* const test = splits.size() > 1 ? &splits[1].survey : nullptr;
  const ImportPlan plan = TRY(MakePlan(options, splits[0].survey, test).Context(options.source));
  DatasetWriter writer(FormOf(plan, options, format), sink);
  for (Surveyed& split : splits) TRY(import.Write(plan, split, writer));
  return writer.Finish();
}

std::vector<FormatInfo> FormatList() {
  std::vector<FormatInfo> list;
  for (const Format& format : Formats()) list.push_back({format.name, format.summary, format.recognised});
  return list;
}

Result<std::vector<SplitFiles>> GivenSplits(const ImportOptions& options) {
  std::vector<SplitFiles> splits{{.split = "train", .rows = options.source, .labels = options.labels}};
  if (!options.test.empty()) {
    splits.push_back({.split = "test", .rows = options.test, .labels = options.test_labels});
  }
  return splits;
}

std::string_view WithoutGzip(std::string_view path) {
  return path.ends_with(".gz") ? path.substr(0, path.size() - 3) : path;
}

std::string Shown(std::string_view text) {
  constexpr std::size_t kShown = 40;
  std::string shown(text.substr(0, kShown));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return shown;
}

std::string Where(std::string_view path, const RowBlock& block, std::size_t row) {
  if (block.lines.empty()) return StrCat(path, ": row ", block.first + row);
  return StrCat(path, ":", block.first + block.lines[row]);
}

}  // namespace lambdaml
