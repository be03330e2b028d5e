// SPDX-License-Identifier: Apache-2.0
#pragma once

// For the tests of formats: imports files of a given content into memory and gives back rows as texts, or the
// complaint.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/import.h"
#include "data/testing.h"

namespace lambdaml::testing {

using Texts = std::vector<std::string>;

// What an import gives: rows as texts, or its complaint.
struct Imported {
  Manifest manifest;
  Texts train;
  Texts test;
  std::string complaint;
};

inline Imported Import(const ImportOptions& options) {
  MemoryFiles files;
  auto manifest = ImportDataset(options, files.Sink(), {});
  if (!manifest.ok()) {
    EXPECT_EQ(files.files.count(std::string(kManifestName)), 0U) << "a failed import left a manifest";
    EXPECT_EQ(manifest.error().message.find('\n'), std::string::npos);
    return {.manifest = {}, .train = {}, .test = {}, .complaint = manifest.error().message};
  }
  EXPECT_EQ(files.order.back(), kManifestName);
  Imported imported{.manifest = std::move(manifest).value(), .train = {}, .test = {}, .complaint = ""};
  imported.train = RowTexts(OpenAll(imported.manifest, "train", files).rows);
  if (imported.manifest.Find("test") != nullptr) {
    imported.test = RowTexts(OpenAll(imported.manifest, "test", files).rows);
  }
  return imported;
}

class ImportTest : public ::testing::Test {
 protected:
  // The complaint about one file of this content, without the folder.
  std::string Complaint(std::string_view name, std::string_view content, ImportOptions options = {}) {
    options.source = folder_.Write(name, content);
    return Complaint(options);
  }
  std::string Complaint(const ImportOptions& options) {
    std::string text = Import(options).complaint;
    const std::string prefix = folder_.Path("");
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }
  Imported Of(std::string_view name, std::string_view content, ImportOptions options = {}) {
    options.source = folder_.Write(name, content);
    return Import(options);
  }

  TemporaryFolder folder_;
};

// A NumPy file.
inline std::string Npy(std::string_view type, std::string_view shape, std::string_view data) {
  std::string header = StrCat("{'descr': '", type, "', 'fortran_order': False, 'shape': ", shape, ", }");
  header.resize((10 + header.size() + 63) / 64 * 64 - 10, ' ');
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 0xFFU);
  file += static_cast<char>(header.size() >> 8U);
  return file + header + std::string(data);
}

template <class T>
std::string Raw(std::vector<T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace lambdaml::testing
