// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/wire_key.h"

#include <gtest/gtest.h>

namespace lambdaml::memcached {
namespace {

TEST(WireKey, EscapesWhatTheProtocolDoesNotAllow) {
  EXPECT_EQ(ToWireKey("job/1/grad+x=y"), "job/1/grad+x=y");
  EXPECT_EQ(ToWireKey("a b%"), "a%20b%25");
  EXPECT_EQ(ToWireKey("größe/π"), "größe/π");
}

TEST(WireKey, ComesBack) {
  for (const char* const text : {"", "a", " ", "%", "%20", "%%41 ", "a//b/", "..", "数据/块", "\xF0\x9F\x90\x8D"}) {
    EXPECT_EQ(FromWireKey(ToWireKey(text)), text);
  }
}

TEST(WireKey, OfSomebodyElseIsNotRead) {
  for (const char* const wire_key : {"%", "%2", "%41", "%zz", "100%", "a b", "a%2fb"}) {
    EXPECT_EQ(FromWireKey(wire_key), std::nullopt) << wire_key;
  }
}

}  // namespace
}  // namespace lambdaml::memcached
