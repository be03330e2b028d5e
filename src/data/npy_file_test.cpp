// SPDX-License-Identifier: Apache-2.0
#include "data/npy_file.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace lambdaml {
namespace {

TEST(NpyFile, IsTheFormatOfNumPy) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const Bytes file = NpyOf(values, 2);
  const std::string text(reinterpret_cast<const char*>(file.data()), file.size());
  EXPECT_EQ(text.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t header = static_cast<unsigned char>(text[8]) + 256U * static_cast<unsigned char>(text[9]);
  EXPECT_EQ((10 + header) % 64, 0U);
  EXPECT_EQ(text.substr(10, 61), "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }  ");
  EXPECT_EQ(text[9 + header], '\n');
  ASSERT_EQ(file.size(), 10 + header + sizeof(float) * values.size());
  EXPECT_EQ(std::memcmp(file.data() + 10 + header, values.data(), sizeof(float) * values.size()), 0);
}

}  // namespace
}  // namespace lambdaml
