// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "data/import_testing.h"
#include "data/npy/npy_format.h"
#include "data/zip_testing.h"

namespace lambdaml::npy {
namespace {

using NpzTest = testing::ImportTest;
using testing::Npy;
using testing::Raw;
using testing::Texts;
using testing::Zip;

std::string Rows(std::vector<float> values) {
  return Npy("<f4", StrCat("(", values.size() / 2, ", 2)"), Raw<float>(values));
}
std::string Labels(std::vector<std::int64_t> labels) {
  return Npy("<i8", StrCat("(", labels.size(), ",)"), Raw<std::int64_t>(labels));
}

TEST_F(NpzTest, ArraysAreFoundByTheirNames) {
  const auto both = Of("a.npz", Zip({{"x_test.npy", Rows({5, 6}), true},
                                     {"y_test.npy", Labels({3})},
                                     {"x_train.npy", Rows({1, 2, 3, 4}), true},
                                     {"y_train.npy", Labels({3, 7}), true}}));
  ASSERT_EQ(both.complaint, "");
  EXPECT_EQ(both.manifest.classes, (Texts{"3", "7"}));
  EXPECT_EQ(both.train, (Texts{"0: 1 2", "1: 3 4"}));
  EXPECT_EQ(both.test, (Texts{"0: 5 6"}));
  const auto one = Of("a", Zip({{"Y.npy", Labels({1})}, {"X.npy", Rows({1, 2})}}));
  EXPECT_EQ(one.train, (Texts{"0: 1 2"}));
  EXPECT_EQ(Of("a.npz", Zip({{"data.npy", Rows({8, 9})}, {"target.npy", Labels({1})}})).train, (Texts{"0: 8 9"}));
}

TEST_F(NpzTest, ArraysMayBeNamed) {
  const std::string file =
      Zip({{"a.npy", Rows({1, 2})}, {"b.npy", Labels({1})}, {"c.npy", Rows({3, 4})}, {"d.npy", Labels({1})}});
  EXPECT_EQ(Of("a.npz", file, {.arrays = "c,d"}).train, (Texts{"0: 3 4"}));
  const auto all = Of("a.npz", file, {.arrays = "a,b,c,d"});
  EXPECT_EQ(all.train, (Texts{"0: 1 2"}));
  EXPECT_EQ(all.test, (Texts{"0: 3 4"}));
  const auto apart = Of("a.npz", file, {.test = folder_.Write("t.npz", file), .arrays = "a,b,c,d"});
  EXPECT_EQ(apart.test, all.test);
}

TEST_F(NpzTest, WrongFilesAreRefused) {
  const std::string file = Zip({{"a.npy", Rows({1, 2})}, {"b.npy", Labels({1, 2})}});
  EXPECT_EQ(Complaint("a.npz", file),
            "a.npz: which of its arrays (a, b) are rows and labels is not known; give arrays ROWS,LABELS");
  EXPECT_EQ(Complaint("a.npz", file, {.arrays = "a,c"}), "a.npz: there is no array 'c'; it has a, b");
  EXPECT_EQ(Complaint("a.npz", file, {.arrays = "a"}),
            "arrays 'a': write ROWS,LABELS or ROWS,LABELS,TEST_ROWS,TEST_LABELS");
  EXPECT_EQ(Complaint("a.npz", file, {.arrays = "a,b"}),
            "a.npz/a.npy: it holds 1 rows, but a.npz/b.npy holds 2 labels");
  EXPECT_EQ(Complaint("a.npz", file.substr(0, 300), {.arrays = "a,b"}),
            "a.npz: the zip file is cut short or damaged; fetch it again");
  EXPECT_EQ(Complaint("a.npz", Zip({{"x", "abc"}, {"y", "abc"}})),
            "a.npz/x: the file is cut short: the bytes of its header are missing");
  std::string damaged = Zip({{"x.npy", Rows({1, 2})}, {"y.npy", Labels({1})}});
  damaged[damaged.find("(1, 2)") + 70] ^= 1;  // within the values, behind the header's blanks
  const std::string complaint = Complaint("a.npz", damaged);
  EXPECT_EQ(complaint, "a.npz/x.npy: the zip data is damaged (its checksum differs); fetch the file again");
}

}  // namespace
}  // namespace lambdaml::npy
