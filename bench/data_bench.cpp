// SPDX-License-Identifier: Apache-2.0
// How fast files become a dataset, in how much memory, and how soon a dataset's rows are there. Parsing is measured in
// processor time of one thread, from a file in the page cache, beside the rate at which the same bytes in memory are
// searched for line ends.

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <numeric>
#include <span>

#include "base/file.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "bench/bench.h"
#include "data/dataset_writer.h"
#include "data/format.h"
#include "data/import.h"

namespace lambdaml::bench {

namespace {

constexpr std::size_t kTextBytes = std::size_t{128} << 20U;
constexpr double kMega = 1e6;
constexpr int kPasses = 3;
constexpr int kOpenings = 10;  // of a dataset: a few milliseconds, easily disturbed
constexpr std::string_view kFashion = "/usr/share/datasets/fashion-mnist";

double SecondsOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Repeats a piece of text, which ends in a line end, up to kTextBytes.
std::string Filled(const std::string& piece) {
  std::string text;
  while (text.size() < kTextBytes) text += piece;
  return text;
}

enum class Indices { kNone, kGiven };  // "index:" before each value

// Rows of 28 values with 6 digits, as in a9a's or HIGGS's files.
std::string DenseRows(Indices indices) {
  Random random(1, 1);
  std::string text;
  for (int row = 0; row < 20000; ++row) {
    text += StrCat(row % 2);
    for (int column = 1; column <= 28; ++column) {
      text += indices == Indices::kGiven ? StrCat(" ", column, ":") : ",";
      text += Fixed(random.Normal(), 6);
    }
    text += '\n';
  }
  return text;
}

// Rows of about 70 entries of 47,236 columns, as in RCV1's file.
std::string SparseRows() {
  Random random(1, 2);
  std::string text;
  for (int row = 0; row < 5000; ++row) {
    text += row % 2 == 0 ? "1" : "-1";
    for (std::uint64_t column = 1 + random.Below(600); column <= 47236; column += 1 + random.Below(1340)) {
      text += StrCat(" ", column, ":", Fixed(0.01 + 0.2 * random.Uniform(), 6));
    }
    text += '\n';
  }
  return text;
}

// As CSV, every value between quotes.
std::string QuotedRows() {
  std::string text;
  for (const char c : DenseRows(Indices::kNone)) {
    if (c == ',' || c == '\n') text += '"';
    text += c;
    if (c == ',' || c == '\n') text += '"';
  }
  text.pop_back();
  return "\"" + text;
}

// Criteo's form: counts and texts of eight hexadecimal digits, some empty.
std::string ClickRows() {
  constexpr std::uint64_t kTexts = 1000;
  Random random(1, 3);
  std::string text;
  for (int row = 0; row < 20000; ++row) {
    text += StrCat(row % 4 == 0 ? 1 : 0);
    for (int field = 0; field < 39; ++field) {
      text += '\t';
      if (random.Below(8) == 0) continue;
      text += field < 13 ? StrCat(random.Below(2000)) : Padded(10000000 + random.Below(kTexts), 8);
    }
    text += '\n';
  }
  return text;
}

// YFCC's form: tags and 4,096 values of four digits.
std::string TagRows() {
  Random random(1, 4);
  std::string text;
  for (int row = 0; row < 100; ++row) {
    text += row % 9 == 0 ? "animal:0.91,outdoor:0.62" : "people:0.7";
    for (int value = 0; value < 4096; ++value) text += StrCat(" ", Fixed(3 * random.Normal() - 1, 4));
    text += '\n';
  }
  return text;
}

std::string RatingRows() {
  Random random(1, 5);
  std::string text;
  for (int row = 0; row < 100000; ++row) {
    text += StrCat(1 + random.Below(6040), "::", 1 + random.Below(3952), "::", 1 + random.Below(5), "::978300760\n");
  }
  return text;
}

// Of the calling thread's processor time: the rate of one core, however busy the machine is.
double ProcessorSecondsOf(const std::function<void()>& work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  };
  const double start = now();
  work();
  return now() - start;
}

double LineSearchRate(const std::string& text) {
  double best = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    std::size_t lines = 0;
    const double seconds = ProcessorSecondsOf([&lines, &text] {
      const char* at = text.data();
      const char* const end = at + text.size();
      while (at != end) {
        at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at))) + 1;
        ++lines;
      }
    });
    if (lines > 0) best = std::max(best, static_cast<double>(text.size()) / seconds / kMega);
  }
  return best;
}

// MB/s at which one thread reads the whole file through its format.
Result<double> ParseRate(const std::string& path, const Format& format, std::size_t bytes) {
  double best = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    Result<void> status;
    const double seconds = ProcessorSecondsOf([&] {
      const ImportOptions options{
          .source = path, .hash_columns = format.name == "criteo" ? 1000000 : 0, .positive = "animal"};
      status = [&]() -> Result<void> {
        const auto reader = TRY(format.open({.split = "train", .rows = path, .labels = ""}, options));
        while (auto block = TRY(reader->Next())) {
        }
        return {};
      }();
    });
    TRY(std::move(status));
    best = std::max(best, static_cast<double>(bytes) / seconds / kMega);
  }
  return best;
}

struct TextCase {
  std::string_view name;
  std::string_view format;
  std::string (*make)();
  double goal;  // MB/s; 0: none
};

constexpr TextCase kTexts[] = {
    {"LIBSVM, 28 dense columns, one core", "libsvm", [] { return DenseRows(Indices::kGiven); }, 400},
    {"LIBSVM, sparse like RCV1, one core", "libsvm", SparseRows, 300},
    {"CSV, 28 columns, one core", "csv", [] { return DenseRows(Indices::kNone); }, 400},
    {"CSV, 28 quoted columns, one core", "csv", QuotedRows, 0},
    {"Criteo, 39 hashed columns, one core", "criteo", ClickRows, 0},
    {"YFCC, 4,096 columns, one core", "yfcc", TagRows, 0},
    {"ratings, one core", "ratings", RatingRows, 0},
};

Result<Row> MeasureText(const TextCase& text_case, const std::filesystem::path& folder) {
  const std::string text = Filled(text_case.make());
  const std::string path = folder / "rows.txt";
  TRY(WriteFileAtomically(path, AsBytes(text), Durability::kProcess));
  for (const Format& format : Formats()) {
    if (format.name != text_case.format) continue;
    Row row;
    row.name = text_case.name;
    row.value = TRY(ParseRate(path, format, text.size()));
    row.unit = "MB/s";
    row.limit = LineSearchRate(text);
    row.goal = text_case.goal > 0 ? StrCat(">= ", text_case.goal, " MB/s") : "";
    row.holds = row.value >= text_case.goal;
    return row;
  }
  return Error{Code::kInternal, StrCat("no format ", text_case.format)};
}

// Gunzip, convert, checksum and write, as `lambdaml data import` does. The limit is the writing of the same bytes.
Result<Row> MeasureFashion(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  const ShardSink sink = [&bytes, &folder](std::string_view name, ByteSpan content) {
    bytes += content.size();
    return WriteFileAtomically(folder / name, content, Durability::kProcess);
  };
  Result<void> status;
  const double seconds = SecondsOf([&] {
    const ImportOptions options{.source = std::string(kFashion), .threads = AvailableThreads()};
    const auto manifest = ImportDataset(options, sink, {});
    if (!manifest.ok()) status = manifest.error();
  });
  TRY(std::move(status));
  const Bytes zeros(std::size_t{32} << 20U, std::byte{0});
  const double writing = SecondsOf([&] {
    for (std::uint64_t done = 0; done < bytes && status.ok(); done += zeros.size()) {
      status = WriteFileAtomically(folder / "zeros", zeros, Durability::kProcess);
    }
  });
  TRY(std::move(status));
  return Row{.name = "import of Fashion-MNIST",
             .value = seconds,
             .unit = "s",
             .limit = writing,
             .goal = "<= 2 s",
             .holds = seconds <= 2};
}

constexpr std::uint64_t kLargeBytes = std::uint64_t{1} << 30U;

// A text that is larger than what an import keeps of one, so that it is read twice. The shards are thrown away.
Result<Row> MeasureMemory(const std::filesystem::path& folder) {
  const std::string text = Filled(DenseRows(Indices::kNone));
  const std::string path = folder / "large.csv";
  {
    const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    for (std::uint64_t done = 0; done < kLargeBytes; done += text.size()) {
      if (write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        return FileError("cannot write", path, errno);
      }
    }
  }
  const double growth = TRY(PeakGrowthOf([&path]() -> Result<void> {
    const ImportOptions options{.source = path, .threads = AvailableThreads()};
    TRY(ImportDataset(options, [](std::string_view, ByteSpan) { return Result<void>(); }, {}));
    return {};
  }));
  std::filesystem::remove(path);
  return Row{.name = "import of 1 GiB of CSV, memory",
             .value = growth / kMega,
             .unit = "MB",
             .limit = static_cast<double>(kLargeBytes) / kMega,
             .goal = "<= 1000 MB",
             .holds = growth <= 1000 * kMega};
}

// A dataset of 1 GiB of dense rows.
Result<Manifest> WriteLarge(std::size_t columns, const std::filesystem::path& folder) {
  constexpr std::size_t kRowsAtOnce = 1000;
  const std::vector<float> row(columns, 1);
  Batch rows;
  rows.columns = columns;
  rows.dense.assign(kRowsAtOnce, row.data());
  rows.labels.assign(kRowsAtOnce, 1);
  Manifest form;
  form.columns = columns;
  form.classes = {"0", "1"};
  DatasetWriter writer(std::move(form), [&folder](std::string_view name, ByteSpan content) {
    return WriteFileAtomically(folder / name, content, Durability::kProcess);
  });
  TRY(writer.Begin("train"));
  const std::uint64_t bytes_at_once = kRowsAtOnce * columns * sizeof(float);
  for (std::uint64_t done = 0; done < kLargeBytes; done += bytes_at_once) TRY(writer.Add(rows));
  return writer.Finish();
}

// From the manifest to the sum of the values of the first 1,000 rows: what a worker does before its first gradient.
Result<double> FirstBatchSeconds(const Manifest& manifest, const std::filesystem::path& folder) {
  constexpr std::uint64_t kBatch = 1000;
  Result<Partition> opened = Partition{};
  float sum = 0;
  const double seconds = SecondsOf([&] {
    opened = OpenPartition(
        manifest, "train", {0, manifest.Find("train")->rows},
        [&folder](std::string_view name) { return ReadFile(folder / name); }, Verify::kHeader);
    for (std::uint64_t row = 0; opened.ok() && row < kBatch; ++row) {
      const float* const values = opened.value().rows.dense[row];
      sum += std::accumulate(values, values + manifest.columns, 0.0F);
    }
  });
  TRY(std::move(opened));
  if (sum == 0) return Error{Code::kInternal, "the rows are not those that were written"};
  return seconds;
}

Result<Row> MeasureOpening(std::size_t columns, const std::filesystem::path& folder) {
  const std::filesystem::path dataset = folder / "dataset";
  const Manifest manifest = TRY(WriteLarge(columns, dataset));
  double best = 1e9;
  for (int pass = 0; pass < kOpenings; ++pass) best = std::min(best, TRY(FirstBatchSeconds(manifest, dataset)));
  std::filesystem::remove_all(dataset);
  return Row{.name = StrCat("1 GiB of ", columns, " columns to its first batch"),
             .value = best * 1000,
             .unit = "ms",
             .goal = "<= 50 ms",
             .holds = best <= 0.05};
}

}  // namespace

Result<Rows> DataBench() {
  const TemporaryFolder scratch = TRY(TemporaryFolder::Make());
  const std::filesystem::path& folder = scratch.path();
  Rows rows;
  for (const TextCase& text_case : kTexts) rows.push_back(TRY(MeasureText(text_case, folder)));
  if (std::filesystem::exists(kFashion)) rows.push_back(TRY(MeasureFashion(folder)));
  rows.push_back(TRY(MeasureMemory(folder)));
  for (const std::size_t columns : {std::size_t{28}, std::size_t{784}})
    rows.push_back(TRY(MeasureOpening(columns, folder)));
  return rows;
}

}  // namespace lambdaml::bench
