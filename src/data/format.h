// SPDX-License-Identifier: Apache-2.0
#pragma once

// The interface of an input format. A format opens the files of one split and gives their rows in blocks; import does
// the rest (classes, form, shards). A leaf folder per format; registry.cpp lists them. A reader is used by one thread
// and may use several.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "data/import.h"
#include "data/survey.h"

namespace lambdaml {

template <class T>
using RawVector = std::vector<T, UninitialisedAllocator<T>>;  // resizing does not clear

// Consecutive rows as the file has them: labels are not classes yet, sparse indices not yet from zero.
struct RowBlock {
  bool sparse = false;
  bool pairs = false;                // sparse rows of two: the numbers of a user and an item, each counted on its own
  std::size_t columns = 0;           // dense: values a row; sparse: 0, or how many where indices count from zero
  RawVector<float> values;           // dense: rows x columns, else the entries of all rows
  RawVector<std::uint32_t> index;    // sparse: of each entry, ascending within a row
  RawVector<std::uint32_t> ends;     // sparse: for each row the end of its entries
  std::vector<double> labels;        // one a row
  std::vector<std::string> names;    // where labels are texts: labels holds positions in here
  std::uint64_t first = 0;           // number of the block's first line (text) or row, from 1
  std::vector<std::uint32_t> lines;  // text: for each row its line, counted from `first`

  std::size_t rows() const { return labels.size(); }
  std::size_t bytes() const {  // of memory
    return values.capacity() * sizeof(float) + (index.capacity() + ends.capacity() + lines.capacity()) * 4 +
           labels.capacity() * sizeof(double);
  }
};

class RowReader {
 public:
  virtual ~RowReader() = default;

  // The next rows, in order; nothing at the end.
  virtual Result<std::optional<RowBlock>> Next() = 0;

  // The survey, where the format knows it without reading every row.
  virtual std::optional<Survey> Known() const { return std::nullopt; }

  // Of the input, how much has been read, 0 to 1.
  virtual double share() const = 0;
};

// The files of one split.
struct SplitFiles {
  std::string split;            // "train" or "test"
  std::string rows;             // path
  std::string labels;           // path; empty: in the same file, or found beside it
  std::string rows_array = {};  // npz: names within the file
  std::string labels_array = {};
};

struct Format {
  std::string_view name;
  std::string_view summary;
  std::string_view recognised;
  bool (*recognise)(std::string_view path, std::string_view head);  // by its name without .gz and its first bytes
  Result<std::vector<SplitFiles>> (*splits)(const ImportOptions& options);
  Result<std::unique_ptr<RowReader>> (*open)(const SplitFiles& files, const ImportOptions& options);

  bool (*recognise_folder)(const std::string& path) = nullptr;  // null: its input is never a folder

  // The options with what the train split's file decides for every split; null: nothing.
  Result<ImportOptions> (*settle)(const SplitFiles& train, const ImportOptions& options) = nullptr;
};

std::span<const Format> Formats();

// "a.csv:17" or "a.npy: row 17", for messages.
std::string Where(std::string_view path, const RowBlock& block, std::size_t row);

// A piece of input for a message: its first 40 bytes, on one line.
std::string Shown(std::string_view text);

// The source is the train split, the test source, if any, the test split.
Result<std::vector<SplitFiles>> GivenSplits(const ImportOptions& options);

// For names: "X.csv.gz" is "X.csv".
std::string_view WithoutGzip(std::string_view path);

}  // namespace lambdaml
