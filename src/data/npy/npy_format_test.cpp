// SPDX-License-Identifier: Apache-2.0
#include "data/npy/npy_format.h"

#include <gtest/gtest.h>

#include <cmath>

#include "data/import_testing.h"

namespace lambdaml::npy {
namespace {

using NpyTest = testing::ImportTest;
using testing::Npy;
using testing::Raw;
using testing::Texts;

TEST_F(NpyTest, NpyRowsComeBack) {
  folder_.Write("y.npy", Npy("<i8", "(2,)", Raw<std::int64_t>({5, 3})));
  const auto got = Of("x.npy", Npy("<f8", "(2, 2, 1)", Raw<double>({1, 2.5, -3, 4})));
  ASSERT_EQ(got.complaint, "");
  EXPECT_EQ(got.manifest.classes, (Texts{"3", "5"}));
  EXPECT_EQ(got.train, (Texts{"1: 1 2.5", "0: -3 4"}));
  EXPECT_EQ(Of("x.npy", Npy("<f8", "(2, 1)", Raw<double>({1, 2})), {.labels = "none"}).train, (Texts{"0: 1", "0: 2"}));
  EXPECT_EQ(Of("x.npy", Npy("|u1", "(2, 3)", Raw<std::uint8_t>({1, 2, 3, 4, 5, 255}))).train,
            (Texts{"1: 1 2 3", "0: 4 5 255"}));
  folder_.Write("y_train.npy", Npy("<f4", "(2, 1)", Raw<float>({0.5, 3})));
  EXPECT_EQ(Of("X_train.npy", Npy("<f4", "(2, 1)", Raw<float>({7, 8}))).train, (Texts{"0.5: 7", "3: 8"}));
}

TEST_F(NpyTest, WrongNpyIsRefused) {
  const std::string rows = Npy("<f4", "(2, 2)", Raw<float>({1, 2, 3, 4}));
  EXPECT_EQ(Complaint("x.npy", rows),
            "x.npy: there is no file of labels beside it (y.npy, Y.npy); name it with labels, or give labels none");
  folder_.Write("y.npy", Npy("|u1", "(3,)", "abc"));
  EXPECT_EQ(Complaint("x.npy", rows), "x.npy: it holds 2 rows, but y.npy holds 3 labels");
  folder_.Write("y.npy", Npy("|u1", "(2,)", "ab"));
  EXPECT_EQ(Complaint("x.npy", rows + "more"), "x.npy: it is longer than its header says");
  EXPECT_EQ(Complaint("x.npy", rows.substr(0, rows.size() - 1)),
            "x.npy: the file is cut short: rows 1 to 2 of 2 are missing");
  EXPECT_EQ(Complaint("x.npy", Npy("<f4", "(2, 2)", Raw<float>({1, 2, NAN, 4}))),
            "x.npy: row 2, value 1: it is not finite");
  EXPECT_EQ(Complaint("x.npy", Npy(">f4", "(2, 2)", "")),
            "x.npy: element type >f4 is not known; save it with astype('float32') or another plain type");
  EXPECT_EQ(Complaint("x.npy", Npy("<f4", "(2,)", "")),
            "x.npy: it has 1 dimensions; rows need two or more, as x.reshape(len(x), -1) has");
  EXPECT_EQ(Complaint("x.npy", Npy("<f4", "(2, 4611686018427387904, 8)", "")), "x.npy: its shape is too large");
  EXPECT_EQ(Complaint("x.npy", Npy("<f4", "(2, 1000000000000)", "")),
            "x.npy: a row of 1000000000000 values is too wide");
  EXPECT_EQ(Complaint("x.npy", Npy("<f4", "(0, 2)", "")), "x.npy: it holds no rows");
  std::string fortran = rows;
  fortran.replace(fortran.find("False"), 5, "True ");
  EXPECT_EQ(Complaint("x.npy", fortran), "x.npy: it is in Fortran order; save numpy.ascontiguousarray(x)");
}

TEST_F(NpyTest, AFileCutAnywhereIsRefused) {
  folder_.Write("y.npy", Npy("|u1", "(2,)", "ab"));
  const std::string npy = Npy("<f4", "(2, 2)", Raw<float>({1, 2, 3, 4}));
  for (std::size_t size = 0; size < npy.size(); ++size) {
    EXPECT_NE(Complaint("x.npy", npy.substr(0, size), {.format = "npy"}), "") << size;
  }
}

}  // namespace
}  // namespace lambdaml::npy
