// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/key_dump.h"

#include <gtest/gtest.h>

namespace lambdaml::memcached {
namespace {

using State = KeyDump::State;
using Keys = std::vector<std::string>;

constexpr std::string_view kDump =
    "key=p%2Fa%2520b exp=-1 la=1795409449 cas=4 fetch=no cls=1 size=65\n"
    "key=other exp=-1 la=1795409448 cas=2 fetch=yes cls=1 size=60\n"
    "key=p%2Fgr%C3%B6%C3%9Fe exp=-1 la=1795409449 cas=3 fetch=no cls=1 size=70\nEND\r\n";

TEST(KeyDump, TakesTheKeysBelowThePrefix) {
  KeyDump dump("p/");
  EXPECT_EQ(dump.Take(kDump).value(), State::kEnd);
  EXPECT_EQ(std::move(dump).TakeKeys(), (Keys{"p/a%20b", "p/größe"}));
}

TEST(KeyDump, ArrivesInAnyPieces) {
  for (std::size_t size = 1; size < 70; ++size) {
    KeyDump dump("");
    State state = State::kMore;
    for (std::size_t at = 0; at < kDump.size(); at += size) {
      ASSERT_EQ(state, State::kMore);
      state = dump.Take(kDump.substr(at, size)).value();
    }
    EXPECT_EQ(state, State::kEnd);
    EXPECT_EQ(std::move(dump).TakeKeys(), (Keys{"p/a%20b", "other", "p/größe"})) << size;
  }
}

TEST(KeyDump, SaysWhatTheServerAnswersInstead) {
  EXPECT_EQ(KeyDump("").Take("BUSY currently processing crawler request\r\n").value(), State::kBusy);
  const Error disabled = KeyDump("").Take("CLIENT_ERROR lru crawler disabled\r\n").error();
  EXPECT_EQ(disabled.code, Code::kInvalid);
  EXPECT_NE(disabled.message.find("does not list its keys"), std::string::npos) << disabled.message;
  EXPECT_EQ(KeyDump("").Take("ERROR\r\n").error().code, Code::kInvalid);
  EXPECT_EQ(KeyDump("").Take("220 mail\r\n").error().code, Code::kInvalid);
  EXPECT_EQ(KeyDump("").Take(std::string(5000, 'x')).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace lambdaml::memcached
