// SPDX-License-Identifier: Apache-2.0
#include "data/safetensors.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/text.h"

namespace lambdaml {
namespace {

Bytes Sample() {
  const std::vector<std::uint64_t> offsets{0, 2, 3};
  const std::vector<float> values{1.5F, -2, 3};
  const TensorView tensors[] = {ViewOf<std::uint64_t>("indptr", {3}, offsets), ViewOf<float>("w", {3, 1}, values)};
  return WriteSafetensors(tensors, {{"spec", "a \"quoted\" text"}});
}

// A file with this header and `data` bytes of zeros behind it.
Blob Forged(std::string_view header, std::size_t data) {
  Bytes file(8 + header.size() + data, std::byte{0});
  const std::uint64_t length = header.size();
  std::memcpy(file.data(), &length, 8);
  std::memcpy(file.data() + 8, header.data(), header.size());
  return Blob(std::move(file));
}

std::string Complaint(Blob blob) {
  const auto file = ParseSafetensors(std::move(blob), "f.safetensors");
  if (file.ok()) return "none";
  EXPECT_EQ(file.error().code, Code::kInvalid);
  return file.error().message;
}

TEST(Safetensors, ComeBackAsTheyWereWritten) {
  const auto file = ParseSafetensors(Blob(Sample()), "f");
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file.value().metadata.at("spec"), "a \"quoted\" text");
  const auto values = file.value().Values<float>("w");
  ASSERT_TRUE(values.ok());
  EXPECT_EQ(std::vector<float>(values.value().begin(), values.value().end()), (std::vector<float>{1.5F, -2, 3}));
  EXPECT_EQ(file.value().tensors.find("w")->second.shape, (std::vector<std::uint64_t>{3, 1}));
  EXPECT_EQ(file.value().Values<std::uint64_t>("indptr").value()[2], 3U);
}

TEST(Safetensors, DataStartsAtAMultipleOfTheAlignment) {
  const Bytes file = Sample();
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  EXPECT_EQ((8 + length) % kTensorAlignment, 0U);
}

// docs/formats/dataset.md shows these bytes.
TEST(Safetensors, TheDocumentedExampleIsWhatIsWritten) {
  const std::vector<float> x{1, 2};
  const std::vector<float> y{0};
  const TensorView tensors[] = {ViewOf<float>("x", {1, 2}, x), ViewOf<float>("y", {1}, y)};
  std::string expected("\x78\0\0\0\0\0\0\0", 8);
  expected += R"({"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)";
  expected += R"("y":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})";
  expected.resize(128, ' ');
  expected += std::string("\0\0\x80\x3f\0\0\0\x40\0\0\0\0", 12);
  EXPECT_EQ(Blob(WriteSafetensors(tensors, {})).text(), expected);
}

TEST(Safetensors, AWrongTensorIsRefusedByName) {
  const auto file = ParseSafetensors(Blob(Sample()), "m.safetensors").value();
  EXPECT_EQ(file.Values<float>("b").error().message, "m.safetensors: there is no tensor 'b'");
  EXPECT_EQ(file.Values<double>("w").error().message, "m.safetensors: tensor 'w' is F32, not F64");
}

TEST(Safetensors, AFileCutAnywhereIsRefused) {
  const Bytes whole = Sample();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string complaint = Complaint(Blob(Bytes(whole.begin(), whole.begin() + static_cast<long>(size))));
    EXPECT_TRUE(complaint.starts_with("f.safetensors: ")) << size << " " << complaint;
  }
}

TEST(Safetensors, AFlippedBitNeverCrashes) {
  const Bytes whole = Sample();
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    Bytes flipped = whole;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    const auto file = ParseSafetensors(Blob(std::move(flipped)), "f");
    EXPECT_TRUE(file.ok() || file.error().code == Code::kInvalid) << bit;
  }
}

TEST(Safetensors, ForgedHeadersAreRefused) {
  EXPECT_EQ(Complaint(Forged("[]", 0)), "f.safetensors: header: it is not a JSON object");
  EXPECT_EQ(Complaint(Forged("{", 0)), "f.safetensors: header: it is not JSON");
  EXPECT_EQ(Complaint(Forged(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9]}})", 8)),
            "f.safetensors: tensor 'a': its data_offsets lie outside the 8 bytes of data");
  EXPECT_EQ(Complaint(Forged(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8)),
            "f.safetensors: tensor 'a': it has 8 bytes, which its type and shape contradict");
  EXPECT_EQ(Complaint(Forged(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0)),
            "f.safetensors: tensor 'a': it has 0 bytes, which its type and shape contradict");
  EXPECT_EQ(Complaint(Forged(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}})", 0)),
            "f.safetensors: tensor 'a': 'shape' holds what is not a count");
  EXPECT_EQ(Complaint(Forged(R"({"a":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}})", 2)),
            "f.safetensors: tensor 'a': element type 'BF16' is not one of F32, F64, U8, U32, U64, I64");
  EXPECT_EQ(Complaint(Forged(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                             R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                             3)),
            "f.safetensors: its tensors overlap or leave a gap");
  EXPECT_EQ(Complaint(Forged(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 5)),
            "f.safetensors: it has 3 bytes after its last tensor");
  EXPECT_EQ(Complaint(Forged(R"({"a":{"dtype":"U8","data_offsets":[0,2]}})", 2)),
            "f.safetensors: tensor 'a': field 'shape' is missing");
  EXPECT_EQ(Complaint(Forged(R"({"a":7})", 0)), "f.safetensors: tensor 'a': field 'dtype' is missing");
  EXPECT_EQ(Complaint(Forged(R"({"__metadata__":{"a":7}})", 0)), "f.safetensors: __metadata__ 'a' is not a text");
}

TEST(Safetensors, AHugeHeaderIsNotRead) {
  Bytes file(8, std::byte{0xFF});
  EXPECT_EQ(Complaint(Blob(std::move(file))),
            "f.safetensors: it is not a safetensors file (a header of 18446744073709551615 bytes)");
}

}  // namespace
}  // namespace lambdaml
