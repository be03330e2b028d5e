// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/pipeline.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace lambdaml::memcached {
namespace {

std::string TextOf(Pipeline& pipeline) {
  std::string text;
  for (const ByteSpan piece : pipeline.Finish().all) {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  return text;
}

TEST(Pipeline, WritesQuietCommandsAndClosesThem) {
  Pipeline pipeline;
  pipeline.Get("a", 0);
  pipeline.GetWithCas("b", 1);
  pipeline.GetSize("c", 12);
  pipeline.Delete("d", 2);
  pipeline.Set("e", AsBytes("value"), {}, 3);
  pipeline.Set("f", {}, {.exptime = 60, .add = true}, 4);
  pipeline.Set("g", AsBytes("x"), {.cas_unique = 77}, 5);
  EXPECT_EQ(TextOf(pipeline),
            "mg a v q O0\r\nmg b v c q O1\r\nmg c s q O12\r\nmd d q O2\r\nms e 5 q O3\r\nvalue\r\n"
            "ms f 0 T60 ME q O4\r\n\r\nms g 1 C77 q O5\r\nx\r\nmn\r\n");
  pipeline.Clear();
  EXPECT_EQ(TextOf(pipeline), "mn\r\n");
}

TEST(Pipeline, DoesNotCopyLargeValues) {
  const std::string value(5000, 'x');
  Pipeline pipeline;
  pipeline.Set("a", AsBytes(value), {}, 0);
  pipeline.Set("b", AsBytes(value), {}, 1);
  const Pieces pieces = pipeline.Finish();
  ASSERT_EQ(pieces.all.size(), 5U);
  EXPECT_EQ(static_cast<const void*>(pieces.all[1].data()), value.data());
  EXPECT_EQ(static_cast<const void*>(pieces.all[3].data()), value.data());
  pipeline.Clear();
  pipeline.Set("a", AsBytes(value), {}, 0);
  pipeline.Set("b", AsBytes(value), {}, 1);
  EXPECT_EQ(TextOf(pipeline), "ms a 5000 q O0\r\n" + value + "\r\nms b 5000 q O1\r\n" + value + "\r\nmn\r\n");
}

std::vector<std::string> SegmentsOf(Pipeline& pipeline) {
  std::vector<std::string> segments;
  const Pieces pieces = pipeline.Finish();
  std::size_t begin = 0;
  for (const std::size_t end : pieces.segment_ends) {
    std::string& segment = segments.emplace_back();
    for (; begin < end; ++begin) {
      segment.append(reinterpret_cast<const char*>(pieces.all[begin].data()), pieces.all[begin].size());
    }
  }
  EXPECT_EQ(begin, pieces.all.size());
  return segments;
}

TEST(Pipeline, SegmentsHoldWholeCommandsOfOneRecordOrOneLargeValue) {
  constexpr std::size_t kRecord = 16384;
  Pipeline pipeline;
  std::vector<std::string> values;
  for (const std::size_t size : {0U, 100U, 3000U, 16000U, 16384U, 40'000U}) values.emplace_back(size, 'x');
  std::string expected;
  for (std::size_t i = 0; i < 100; ++i) {
    for (const std::string& value : values) {
      pipeline.Set("k", AsBytes(value), {}, i);
      expected += StrCat("ms k ", value.size(), " q O", i, "\r\n", value, "\r\n");
    }
  }
  std::string sent;
  for (const std::string& segment : SegmentsOf(pipeline)) {
    EXPECT_TRUE(segment.starts_with("ms k ") || segment == "mn\r\n");
    EXPECT_TRUE(segment.ends_with("\r\n"));
    EXPECT_TRUE(segment.size() <= kRecord || segment.find("ms k ", 1) == std::string::npos);
    sent += segment;
  }
  EXPECT_EQ(sent, expected + "mn\r\n");
}

TEST(Pipeline, IsFullAtSomeTime) {
  Pipeline gets;
  for (int i = 0; i < 10'000 && !gets.full(); ++i) gets.Get("key", 0);
  EXPECT_TRUE(gets.full());
  EXPECT_LT(TextOf(gets).size(), 100'000U);
  const std::string value(1'000'000, 'x');
  Pipeline sets;
  for (int i = 0; i < 16; ++i) sets.Set("key", AsBytes(value), {}, 0);
  EXPECT_FALSE(sets.full());
  sets.Set("key", AsBytes(value), {}, 0);
  EXPECT_TRUE(sets.full());
}

}  // namespace
}  // namespace lambdaml::memcached
