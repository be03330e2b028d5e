// SPDX-License-Identifier: Apache-2.0
// How fast files become a dataset. Parsing is measured in processor time of one thread, from a file in the page cache,
// beside the rate at which the same bytes in memory are searched for line ends.

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <span>

#include "base/file.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/text.h"
#include "bench/bench.h"
#include "data/format.h"
#include "data/import.h"

namespace lambdaml::bench {

namespace {

constexpr std::size_t kTextBytes = std::size_t{128} << 20U;
constexpr double kMega = 1e6;
constexpr int kPasses = 3;
constexpr std::string_view kFashion = "/usr/share/datasets/fashion-mnist";

// A folder that is removed with everything in it.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / StrCat("lambdaml-bench-", getpid())) {}
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

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

// Rows of 28 values with 6 digits, as in a9a's or HIGGS's files; with "index:" before each value when `indices`.
std::string DenseRows(bool indices) {
  Random random(1, 1);
  std::string text;
  for (int row = 0; row < 20000; ++row) {
    text += StrCat(row % 2);
    for (int column = 1; column <= 28; ++column) {
      text += indices ? StrCat(" ", column, ":") : ",";
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
      const ImportOptions options{.source = path};
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
    {"LIBSVM, 28 dense columns, one core", "libsvm", [] { return DenseRows(true); }, 300},
    {"LIBSVM, sparse like RCV1, one core", "libsvm", SparseRows, 300},
    {"CSV, 28 columns, one core", "csv", [] { return DenseRows(false); }, 0},
};

Result<Row> MeasureText(const TextCase& text_case, const Folder& folder) {
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
Result<Row> MeasureFashion(const Folder& folder) {
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

}  // namespace

Result<Rows> DataBench() {
  const Folder folder;
  Rows rows;
  for (const TextCase& text_case : kTexts) rows.push_back(TRY(MeasureText(text_case, folder)));
  if (std::filesystem::exists(kFashion)) rows.push_back(TRY(MeasureFashion(folder)));
  return rows;
}

}  // namespace lambdaml::bench
