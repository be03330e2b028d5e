// SPDX-License-Identifier: Apache-2.0
#include "data/idx/idx_format.h"

#include <gtest/gtest.h>

#include "data/import_testing.h"

namespace lambdaml::idx {
namespace {

using IdxTest = testing::ImportTest;
using testing::Import;
using testing::Texts;

std::string Idx(std::vector<unsigned char> extents, std::string_view data) {
  std::string file("\x00\x00\x08", 3);
  file += static_cast<char>(extents.size());
  for (const unsigned char extent : extents) file += std::string(3, '\0') + static_cast<char>(extent);
  return file + std::string(data);
}

TEST_F(IdxTest, IdxPairsAndFoldersComeBack) {
  folder_.Write("train-labels-idx1-ubyte", Idx({2}, std::string("\x07\x00", 2)));
  const auto one = Of("train-images-idx3-ubyte", Idx({2, 1, 2}, std::string("\x00\xFF\x33\x00", 4)));
  ASSERT_EQ(one.complaint, "");
  EXPECT_EQ(one.manifest.classes, (Texts{"0", "7"}));
  EXPECT_EQ(one.train, (Texts{"1: 0 1", "0: 0.20000000298023224 0"}));
  folder_.WriteGzip("t10k-images-idx3-ubyte.gz", Idx({1, 1, 2}, std::string("\xFF\x00", 2)));
  folder_.WriteGzip("t10k-labels-idx1-ubyte.gz", Idx({1}, "\x07"));
  const auto both = Import({.source = folder_.Path("")});
  EXPECT_EQ(both.train, one.train);
  EXPECT_EQ(both.test, (Texts{"1: 1 0"}));
}

TEST_F(IdxTest, WrongIdxIsRefused) {
  const std::string rows = Idx({2, 1, 2}, "abcd");
  EXPECT_EQ(Complaint("i-images", rows),
            "i-images: there is no file of labels beside it (i-labels); name it with labels");
  folder_.Write("i-labels", Idx({3}, "abc"));
  EXPECT_EQ(Complaint("i-images", rows), "i-images: it holds 2 rows, but i-labels holds 3 labels");
  folder_.Write("i-labels", Idx({2}, "ab"));
  EXPECT_EQ(Complaint("i-images", rows + "e"), "i-images: it is longer than its header says");
  EXPECT_EQ(Complaint("i-images", rows.substr(0, rows.size() - 1)),
            "i-images: the file is cut short: rows 1 to 2 of 2 are missing");
  std::string floats = rows;
  floats[2] = 0x0D;
  EXPECT_EQ(Complaint("i-images", floats), "i-images: its elements are not unsigned bytes, the only type read here");
  EXPECT_EQ(Complaint("i-labels", Idx({2}, "ab")), "i-labels: it holds labels, give the images' file");
  EXPECT_EQ(Complaint({.source = folder_.Path("."), .format = "auto"}),
            ".: the folder holds neither train-images-idx3-ubyte (IDX, also with .gz) nor data_batch_1.bin (CIFAR-10); "
            "give a file, or such a folder");
}

TEST_F(IdxTest, AFileCutAnywhereIsRefused) {
  folder_.Write("i-labels", Idx({2}, "ab"));
  const std::string idx = Idx({2, 1, 2}, "abcd");
  for (std::size_t size = 0; size < idx.size(); ++size) {
    EXPECT_NE(Complaint("i-images", idx.substr(0, size), {.format = "idx"}), "") << size;
  }
}

}  // namespace
}  // namespace lambdaml::idx
