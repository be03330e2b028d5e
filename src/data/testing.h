// SPDX-License-Identifier: Apache-2.0
#pragma once

// For the tests of data: datasets in memory and input files in a folder of their own.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/dataset_writer.h"

namespace lambdaml::testing {

// The files of a dataset by name. What its reader gives lives as long as the files and is not copied.
class MemoryFiles {
 public:
  ShardSink Sink() {
    return [this](std::string_view name, ByteSpan content) -> Result<void> {
      order.emplace_back(name);
      Bytes& file = files[std::string(name)];
      file.resize(content.size());
      std::memcpy(file.data(), content.data(), content.size());
      return {};
    };
  }
  ShardReader Reader() const {
    return [this](std::string_view name) -> Result<Blob> {
      const auto at = files.find(std::string(name));
      if (at == files.end()) return Error{Code::kNotFound, std::string(name)};
      return Blob(nullptr, at->second);
    };
  }

  std::map<std::string, Bytes> files;
  std::vector<std::string> order;  // in which they came
};

// A folder that is removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lambdaml-data-XXXXXX").native();
    path_ = mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  std::string Path(std::string_view name) const { return path_ / name; }

  std::string Write(std::string_view name, std::string_view content) const {
    std::ofstream(Path(name), std::ios::binary) << content;
    return Path(name);
  }

  std::string WriteGzip(std::string_view name, std::string_view content) const {
    const gzFile file = gzopen(Path(name).c_str(), "wb");
    gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    gzclose(file);
    return Path(name);
  }

 private:
  std::filesystem::path path_;
};

inline Partition OpenAll(const Manifest& manifest, std::string_view split, const MemoryFiles& from) {
  const Split* const rows = manifest.Find(split);
  if (rows == nullptr) {
    ADD_FAILURE() << "no split " << split;
    return {};
  }
  auto opened = OpenPartition(manifest, split, {0, rows->rows}, from.Reader(), Verify::kChecksum);
  EXPECT_TRUE(opened.ok()) << opened.error().message;
  return opened.ok() ? std::move(opened).value() : Partition{};
}

// Row `row` as text: "label: v v v" or "label: i=v i=v".
inline std::string RowText(const Batch& rows, std::size_t row) {
  std::string text = StrCat(static_cast<double>(rows.labels[row]), ":");
  if (rows.is_sparse()) {
    const SparseRow& entries = rows.sparse[row];
    for (std::uint32_t i = 0; i < entries.size; ++i) {
      text += StrCat(" ", entries.index[i], "=", static_cast<double>(entries.value[i]));
    }
  } else {
    for (std::size_t i = 0; i < rows.columns; ++i) text += StrCat(" ", static_cast<double>(rows.dense[row][i]));
  }
  return text;
}

inline std::vector<std::string> RowTexts(const Batch& rows) {
  std::vector<std::string> texts;
  for (std::size_t row = 0; row < rows.rows(); ++row) texts.push_back(RowText(rows, row));
  return texts;
}

}  // namespace lambdaml::testing
