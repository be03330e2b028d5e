// SPDX-License-Identifier: Apache-2.0
#include "data/cifar/cifar_format.h"

#include <gtest/gtest.h>

#include "data/import_testing.h"

namespace lambdaml::cifar {
namespace {

using CifarTest = testing::ImportTest;
using testing::Import;
using testing::Texts;

std::string Record(int label, char first, char last) {
  std::string record(3073, '\0');
  record[0] = static_cast<char>(label);
  record[1] = first;
  record[3072] = last;
  return record;
}

constexpr std::string_view kNames = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";

std::string Ends(const std::string& row) {
  return StrCat(row.substr(0, row.find(' ', row.find(' ') + 1)), " ...", row.substr(row.rfind(' ')));
}

TEST_F(CifarTest, AFileComesBack) {
  const auto got = Of("data_batch_3.bin", Record(9, '\xFF', '\x33') + Record(2, '\0', '\xFF'));
  ASSERT_EQ(got.complaint, "");
  EXPECT_EQ(got.manifest.columns, 3072U);
  EXPECT_EQ(got.manifest.classes, (Texts{"2", "9"}));
  EXPECT_EQ(Ends(got.train[0]), "1: 1 ... 0.20000000298023224");
  EXPECT_EQ(Ends(got.train[1]), "0: 0 ... 1");
  const auto test =
      Of("x", Record(1, '\0', '\0'), {.test = folder_.Write("y", Record(1, '\xFF', '\0')), .format = "cifar"});
  EXPECT_EQ(Ends(test.test[0]), "0: 1 ... 0");
}

TEST_F(CifarTest, AFolderIsTakenWhole) {
  folder_.Write("batches.meta.txt", kNames);
  folder_.Write("data_batch_1.bin", Record(3, 'a', 'b'));
  folder_.WriteGzip("data_batch_2.bin.gz", Record(0, 'c', 'd') + Record(3, 'e', 'f'));
  folder_.Write("test_batch.bin", Record(8, 'g', 'h'));
  const auto got = Import({.source = folder_.Path("")});
  ASSERT_EQ(got.complaint, "");
  EXPECT_EQ(got.manifest.origin.at("format"), "cifar");
  EXPECT_EQ(got.manifest.classes.size(), 10U);
  EXPECT_EQ(got.manifest.classes[3], "cat");
  EXPECT_EQ(got.manifest.class_rows, (std::vector<std::uint64_t>{1, 0, 0, 2, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(got.train[1].substr(0, 2), "0:");
  EXPECT_EQ(got.test[0].substr(0, 2), "8:");
}

TEST_F(CifarTest, WrongFilesAreRefused) {
  const std::string good = Record(1, 'a', 'b');
  EXPECT_EQ(
      Complaint("data_batch_1.bin", good + Record(10, 'a', 'b')),
      "data_batch_1.bin: record 2: label 10 is out of range, there are 10 classes (0 to 9); check that it is a file "
      "of CIFAR-10");
  EXPECT_EQ(Complaint("data_batch_1.bin", good + good.substr(1)),
            "data_batch_1.bin: the file is cut short, or is not CIFAR-10's: record 2 has not 3073 bytes");
  EXPECT_EQ(Complaint("data_batch_1.bin", ""), "data_batch_1.bin: the file is empty");
  folder_.Write("batches.meta.txt", "cat\ndog\n");
  EXPECT_EQ(Complaint("data_batch_1.bin", good), "batches.meta.txt: it has 2 names, not 10");
  EXPECT_EQ(Complaint({.source = folder_.Path("/"), .format = "libsvm"}), "/: it is not a file");
}

TEST_F(CifarTest, AFolderWithoutBatchesIsRefused) {
  EXPECT_EQ(Complaint({.source = folder_.Path("."), .format = "cifar"}),
            ".: the folder holds no data_batch_1.bin; give a file of records");
}

}  // namespace
}  // namespace lambdaml::cifar
