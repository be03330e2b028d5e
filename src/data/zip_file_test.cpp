// SPDX-License-Identifier: Apache-2.0
#include "data/zip_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "data/array_reader.h"
#include "data/testing.h"
#include "data/zip_testing.h"

namespace lambdaml {
namespace {

using testing::TemporaryFolder;
using testing::Zip;
using testing::ZipSizes;

std::string Long() {
  std::string text;
  for (int i = 0; text.size() < 3000000; ++i) text += StrCat(i, " ");
  return text;
}

// The content of member `at`, or the complaint.
std::string Content(const std::string& path, std::size_t at) {
  const auto read = [&]() -> Result<std::string> {
    const auto members = TRY(ListZip(path));
    InputFile file = TRY(OpenZipMember(path, members.at(at)));
    std::string content(std::min<std::uint64_t>(members.at(at).bytes, 4000000), '\0');
    content.resize(TRY(file.Read(content)));
    TRY(ExpectEnd(file));
    return content;
  }();
  return read.ok() ? read.value() : StrCat("error: ", read.error().message.substr(path.rfind('/') + 1));
}

TEST(ZipFile, MembersComeBack) {
  const TemporaryFolder folder;
  const std::string text = Long();
  for (const ZipSizes sizes : {ZipSizes::k32Bits, ZipSizes::k64Bits}) {
    const std::string path = folder.Write(
        "a.zip", Zip({{"stored", text}, {"packed", text, true}, {"none", ""}, {"none2", "", true}}, sizes));
    const auto members = ListZip(path);
    ASSERT_TRUE(members.ok()) << members.error().message;
    ASSERT_EQ(members.value().size(), 4U);
    EXPECT_EQ(members.value()[1].name, "packed");
    EXPECT_EQ(members.value()[1].bytes, text.size());
    EXPECT_TRUE(Content(path, 0) == text);
    EXPECT_TRUE(Content(path, 1) == text);
    EXPECT_EQ(Content(path, 2), "");
    EXPECT_EQ(Content(path, 3), "");
  }
}

TEST(ZipFile, AFileCutAnywhereIsRefused) {
  const TemporaryFolder folder;
  for (const ZipSizes sizes : {ZipSizes::k32Bits, ZipSizes::k64Bits}) {
    const std::string whole = Zip({{"a", "abc"}, {"b", "abcabcabcabc", true}}, sizes);
    for (std::size_t size = 1; size < whole.size(); ++size) {
      const std::string name = StrCat(size, ".zip");  // rewriting one file would wait for the disk
      EXPECT_EQ(Content(folder.Write(name, whole.substr(0, size)), 0),
                StrCat("error: ", name, ": the zip file is cut short or damaged; fetch it again"));
    }
  }
}

// Whatever byte is wrong, reading ends, with an error or with the right bytes.
TEST(ZipFile, DamageIsNoticed) {
  const TemporaryFolder folder;
  const std::string text = "to be or not to be, that is the question";
  for (const bool deflated : {false, true}) {
    const std::string whole = Zip({{"name", text, deflated}});
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
      const std::string path = folder.Write(StrCat(at, ".zip"), damaged);
      const auto members = ListZip(path);
      if (!members.ok() || members.value().empty()) continue;
      const std::string content = Content(path, 0);
      EXPECT_TRUE(content == text || content.starts_with(StrCat("error: ", at, ".zip"))) << at << content;
    }
  }
}

TEST(ZipFile, WhatIsNotKnownIsRefused) {
  const TemporaryFolder folder;
  std::string file = Zip({{"a", "abc"}});
  const std::size_t entry = file.find("PK\x01\x02");
  file[entry + 10] = 12;  // bzip2
  EXPECT_EQ(Content(folder.Write("a.zip", file), 0),
            "error: a.zip: a is packed in a way that is not known; use store or deflate");
  file[entry + 8] = 1;
  EXPECT_EQ(Content(folder.Write("a.zip", file), 0), "error: a.zip: a is encrypted");
  EXPECT_EQ(Content(folder.Write("a.zip", "no zip"), 0),
            "error: a.zip: the zip file is cut short or damaged; fetch it again");
}

}  // namespace
}  // namespace lambdaml
