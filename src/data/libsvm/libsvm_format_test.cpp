// SPDX-License-Identifier: Apache-2.0
#include "data/libsvm/libsvm_format.h"

#include <gtest/gtest.h>

#include "data/import_testing.h"

namespace lambdaml::libsvm {
namespace {

using LibsvmTest = testing::ImportTest;
using testing::Texts;

TEST_F(LibsvmTest, LibsvmRowsComeBack) {
  const auto got = Of("a", "+1 1:0.5 3:-2e-1 # a comment\r\n\n# only a comment\n-1 qid:7 2:1\n1\n");
  ASSERT_EQ(got.complaint, "");
  EXPECT_TRUE(got.manifest.sparse);
  EXPECT_EQ(got.manifest.columns, 3U);
  EXPECT_EQ(got.manifest.classes, (Texts{"-1", "1"}));
  EXPECT_EQ(got.train, (Texts{"1: 0=0.5 2=-0.20000000298023224", "0: 1=1", "1:"}));
}

TEST_F(LibsvmTest, LibsvmIndicesMayCountFromZero) {
  const auto got = Of("a", "0 1:1\n1 0:1 4:1\n");
  EXPECT_EQ(got.manifest.columns, 5U);
  EXPECT_EQ(got.train, (Texts{"0: 1=1", "1: 0=1 4=1"}));
  EXPECT_EQ(Of("a", "0 1:1\n", {.form = "sparse", .index_base = "0"}).train, (Texts{"0: 1=1"}));
  EXPECT_EQ(Complaint("a", "0 1:1\n1 0:1\n", {.index_base = "1"}),
            "a:2: index 0 where indices count from 1; give index_base 0");
}

TEST_F(LibsvmTest, WrongLibsvmIsRefusedWithItsLine) {
  EXPECT_EQ(Complaint("a.svm", "1 1:1\n1 2:1 2:2\n"), "a.svm:2: '2:2': the indices of a row must ascend");
  EXPECT_EQ(Complaint("a.svm", "1 1:1\n\nx 2:1\n"), "a.svm:3: label 'x' is not a finite number");
  EXPECT_EQ(Complaint("a.svm", "nan 1:1\n"), "a.svm:1: label 'nan' is not a finite number");
  EXPECT_EQ(Complaint("a.svm", "1 1:nan\n"), "a.svm:1: the value of '1:nan' is not finite");
  EXPECT_EQ(Complaint("a.svm", "1 1:-inf"), "a.svm:1: the value of '1:-inf' is not finite");
  EXPECT_EQ(Complaint("a.svm", "1 1:1e99"), "a.svm:1: the value of '1:1e99' is not finite");
  EXPECT_EQ(Complaint("a.svm", "1 1:\n"), "a.svm:1: the value of '1:' is not a number");
  EXPECT_EQ(Complaint("a.svm", "1 1:2x\n"), "a.svm:1: the value of '1:2x' is not a number");
  EXPECT_EQ(Complaint("a.svm", "1 2\n"), "a.svm:1: '2' is not index:value");
  EXPECT_EQ(Complaint("a.svm", "1 a:2\n"), "a.svm:1: 'a:2' does not begin with a whole-number index");
  EXPECT_EQ(Complaint("a.svm", "1 4294967295:2\n"), "a.svm:1: the index of '4294967295:2' is larger than 4294967294");
  EXPECT_EQ(Complaint("a.svm", "1 99999999999999999999:2\n"),
            "a.svm:1: the index of '99999999999999999999:2' is larger than 4294967294");
  EXPECT_EQ(Complaint("a.svm", "1 5:1\n", {.columns = 4}),
            "a.svm:1: index 5 is beyond the 4 columns of the dataset; give columns 5 or more");
  EXPECT_EQ(Complaint("a.svm", "1\n2\n"), "a.svm: no row has an entry, so the columns are unknown; give columns");
  EXPECT_EQ(Complaint("a.svm", "# nothing\n\n"), "a.svm: it holds no rows");
  EXPECT_EQ(Complaint("a.svm", "1 4294967294:1\n", {.form = "dense"}),
            "a.svm: 4294967294 columns are too many for dense rows; give form sparse");
  EXPECT_EQ(Complaint("a.svm", std::string("1 1:\0", 5)).substr(0, 9), "a.svm:1: ");
}

}  // namespace
}  // namespace lambdaml::libsvm
