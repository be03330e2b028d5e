// SPDX-License-Identifier: Apache-2.0
#pragma once

// The interface of a generator of rows. A leaf folder per generator; registry.cpp lists them. Making rows is a pure
// function: a generator may be used from several threads.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/field.h"
#include "base/result.h"
#include "data/batch.h"
#include "data/dataset.h"

namespace lambdaml {

inline constexpr std::uint64_t kGeneratedBlockRows = 4096;

// Rows in memory of their own.
struct GeneratedRows {
  std::vector<float> values;           // dense: row after row; sparse: the entries of all rows
  std::vector<std::uint32_t> indices;  // sparse: of each entry
  std::vector<std::uint32_t> ends;     // sparse: for each row the end of its entries
  std::vector<float> labels;
};

class Generator {
 public:
  virtual ~Generator() = default;

  // Kind, columns and classes of the dataset.
  virtual Manifest form() const = 0;

  // All kGeneratedBlockRows rows of block `block`; a function of the settings and the block's number alone.
  virtual GeneratedRows Block(std::uint64_t block) const = 0;
};

// How many rows, of every generator. The test split's rows follow the train split's.
struct GeneratedSize {
  std::int64_t rows = 100000;
  std::int64_t test_rows = 0;
};

inline Fields Describe(GeneratedSize& size) {
  constexpr double kRowsMax = 1e12;
  return {{"rows", size.rows, "rows of the train split", {.min = 1, .max = kRowsMax}},
          {"test_rows", size.test_rows, "rows of the test split; 0: there is none", {.min = 0, .max = kRowsMax}}};
}

struct GeneratorKind {
  std::string_view name;
  std::string_view summary;
  std::vector<FieldInfo> (*settings)();
  Result<std::unique_ptr<Generator>> (*make)(const Choice& choice);  // settings of GeneratedSize are left out
};

std::span<const GeneratorKind> GeneratorKinds();

}  // namespace lambdaml
