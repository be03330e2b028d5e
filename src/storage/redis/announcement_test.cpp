// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/announcement.h"

#include <gtest/gtest.h>

namespace lambdaml::redis {
namespace {

TEST(ChannelOf, IsTheFolderAndTheDatabase) {
  EXPECT_EQ(ChannelOf("jobs/1/inbox/a", 0), ChannelOf("jobs/1/inbox/b", 0));
  EXPECT_NE(ChannelOf("jobs/1/inbox/a", 0), ChannelOf("jobs/1/a", 0));
  EXPECT_NE(ChannelOf("a", 0), ChannelOf("a", 1));
  EXPECT_NE(ChannelOf("jobs/a", 1), ChannelOf("jobs/a", 11));
  EXPECT_TRUE(ChannelOf("jobs/1/a", 3).starts_with("jobs/1/"));
  EXPECT_FALSE(ChannelOf("a", 0).empty());
}

TEST(Announcement, IsReadAsItWasWritten) {
  const auto read = [](std::string message) { return ReadAnnouncement(Blob::Of(std::move(message))); };
  const Blob without = Blob::Of("jobs/a");
  const Blob with = Blob::Of("jobs/a\nx\ny");
  const Blob empty = Blob::Of("jobs/a\n");
  EXPECT_EQ(ReadAnnouncement(without)->key, "jobs/a");
  EXPECT_FALSE(ReadAnnouncement(without)->value.has_value());
  EXPECT_EQ(ReadAnnouncement(with)->key, "jobs/a");
  EXPECT_EQ(ReadAnnouncement(with)->value->text(), "x\ny");
  EXPECT_EQ(ReadAnnouncement(empty)->value->text(), "");
  EXPECT_FALSE(read("\nvalue").has_value());
  Commands commands;
  AddAnnouncement(commands, 0, {.key = "jobs/a", .value = Blob::Of("x\ny")});
  AddAnnouncement(commands, 2, {.key = "jobs/a"});
  std::string sent;
  for (const ByteSpan piece : commands.Pieces()) {
    sent.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  EXPECT_EQ(sent,
            "*3\r\n$7\r\nPUBLISH\r\n$6\r\njobs/\n\r\n$10\r\njobs/a\nx\ny\r\n"
            "*3\r\n$7\r\nPUBLISH\r\n$7\r\njobs/\n2\r\n$6\r\njobs/a\r\n");
}

}  // namespace
}  // namespace lambdaml::redis
