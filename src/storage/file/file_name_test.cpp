// SPDX-License-Identifier: Apache-2.0
#include "storage/file/file_name.h"

#include <gtest/gtest.h>

namespace lambdaml::file {
namespace {

std::string PathOf(const std::string& key) {
  std::string path = "/root";
  const auto appended = AppendPath(path, Key(key));
  return appended.ok() ? path : appended.error().message;
}

// The examples of docs/formats/keys.md.
TEST(FileName, SpellsEachKeyAsAPath) {
  EXPECT_EQ(PathOf("job/1/part.0"), "/root/job/1/part.0");
  EXPECT_EQ(PathOf("A-z_0=@+."), "/root/A-z_0=@+.");
  EXPECT_EQ(PathOf("50 %"), "/root/50%20%25");
  EXPECT_EQ(PathOf("\xC3\xA4"), "/root/%C3%A4");
  EXPECT_EQ(PathOf(".."), "/root/%2E%2E");
  EXPECT_EQ(PathOf("a/./b"), "/root/a/%2E/b");
  EXPECT_EQ(PathOf(".b"), "/root/.b");
  EXPECT_EQ(PathOf("a//b"), "/root/a/%/b");
  EXPECT_EQ(PathOf("/"), "/root/%/%");
  EXPECT_EQ(PathOf("%tmp"), "/root/%25tmp");
}

TEST(FileName, ReadsBackOnlyWhatItSpells) {
  EXPECT_EQ(SegmentOf("part.0"), "part.0");
  EXPECT_EQ(SegmentOf("50%20%25"), "50 %");
  EXPECT_EQ(SegmentOf("%"), "");
  EXPECT_EQ(SegmentOf("%2E"), ".");
  for (const char* const foreign : {".", "..", "%tmp", "a b", "%41", "%2e%2e", "%2", "a%", "%2E.", ""}) {
    EXPECT_EQ(SegmentOf(foreign), std::nullopt) << foreign;
  }
  EXPECT_EQ(SegmentOf(kTemporariesName), std::nullopt);
}

TEST(FileName, RefusesASegmentThatNoFileMayHave) {
  EXPECT_EQ(PathOf(std::string(255, 'x')), "/root/" + std::string(255, 'x'));
  EXPECT_NE(PathOf(std::string(256, 'x')).find("has a segment of 256 bytes"), std::string::npos);
  EXPECT_NE(PathOf(std::string(86, ' ')).find("has a segment of 258 bytes"), std::string::npos);
}

}  // namespace
}  // namespace lambdaml::file
