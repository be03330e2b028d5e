// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows of a binary array: elements of one type, row after row, behind a header that the format has read.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/format.h"
#include "data/input_file.h"

namespace lambdaml {

// Reads as many elements as `values` holds from their bytes.
using ReadElements = void (*)(const char* bytes, std::span<float> values);

struct ArrayLayout {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  std::size_t element_bytes = 1;
  ReadElements read = nullptr;
};

class ArrayReader final : public RowReader {
 public:
  static constexpr std::size_t kBlockBytes = std::size_t{4} << 20U;  // of values

  // kInvalid when there are no rows or columns, a row is too wide, or the labels are not as many as the rows. `labels`
  // belongs to `labels_path`; without a path there are none, and they count as 0.
  static Result<std::unique_ptr<RowReader>> Make(InputFile file, const ArrayLayout& layout, std::vector<double> labels,
                                                 const std::string& labels_path);

  Result<std::optional<RowBlock>> Next() override;
  std::optional<Survey> Known() const override;
  double share() const override { return file_.share(); }

 private:
  ArrayReader(InputFile file, const ArrayLayout& layout, std::vector<double> labels)
      : file_(std::move(file)), layout_(layout), labels_(std::move(labels)) {}
  Result<void> CheckEnd();

  InputFile file_;
  ArrayLayout layout_;
  std::vector<double> labels_;
  RawVector<char> buffer_;
  std::uint64_t next_ = 0;  // row
};

// Fills `buffer` or says what part of `path` is missing.
Result<void> ReadExactly(InputFile& file, std::span<char> buffer, std::string_view what);

// kInvalid when anything follows.
Result<void> ExpectEnd(InputFile& file);

bool Exists(const std::string& path);

}  // namespace lambdaml
