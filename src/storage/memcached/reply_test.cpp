// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/reply.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace lambdaml::memcached {
namespace {

using Kind = Reply::Kind;

TEST(Reply, IsReadWithItsFlags) {
  const Reply value = ParseReply("VA 12 c77 O5").value();
  EXPECT_EQ(value.kind, Kind::kValue);
  EXPECT_EQ(value.bytes, 12U);
  EXPECT_EQ(value.cas_unique, 77U);
  EXPECT_EQ(value.index, 5U);
  const Reply size = ParseReply("HD s1048576 O18446744073709551615").value();
  EXPECT_EQ(size.kind, Kind::kDone);
  EXPECT_EQ(size.bytes, 1048576U);
  EXPECT_EQ(size.index, 18446744073709551615U);
  EXPECT_EQ(ParseReply("VA 0").value().bytes, 0U);
  EXPECT_EQ(ParseReply("VA 1 t-1 W").value().bytes, 1U);
}

TEST(Reply, HasAKindForEachWord) {
  const std::pair<const char*, Kind> replies[] = {{"HD", Kind::kDone},       {"EN", Kind::kMissing},
                                                  {"NF O1", Kind::kMissing}, {"NS O1", Kind::kNotStored},
                                                  {"EX O1", Kind::kExists},  {"MN", Kind::kEnd}};
  for (const auto& [line, kind] : replies) EXPECT_EQ(ParseReply(line).value().kind, kind) << line;
}

TEST(Reply, RefusesWhatCannotBe) {
  for (const char* const line : {"",
                                 " ",
                                 "V",
                                 "VA",
                                 "VA ",
                                 "VA x",
                                 "VA -1",
                                 "VA 1x",
                                 "VA 1073741825",
                                 "VA 99999999999999999999",
                                 "va 1",
                                 "VALUE",
                                 "HD s-1",
                                 "HD s1073741825",
                                 "HD O",
                                 "HD Ox",
                                 "HD O18446744073709551616",
                                 "HD c",
                                 "VA 1 c1.5",
                                 "END",
                                 "STORED"}) {
    const auto reply = ParseReply(line);
    ASSERT_FALSE(reply.ok()) << line;
    EXPECT_EQ(reply.error().code, Code::kInvalid) << line;
    EXPECT_NE(reply.error().message.find("no memcached server"), std::string::npos) << reply.error().message;
  }
}

TEST(Reply, SaysWhatToDoAboutAnErrorOfTheServer) {
  const auto error = [](std::string_view line) { return ParseReply(line).error(); };
  EXPECT_EQ(error("SERVER_ERROR out of memory storing object").code, Code::kUnavailable);
  EXPECT_EQ(error("SERVER_ERROR whatever").code, Code::kUnavailable);
  EXPECT_EQ(error("SERVER_ERROR object too large for cache").code, Code::kInvalid);
  EXPECT_NE(error("SERVER_ERROR object too large for cache").message.find("?item="), std::string::npos);
  EXPECT_EQ(error("CLIENT_ERROR bad data chunk").code, Code::kInvalid);
  EXPECT_NE(error("CLIENT_ERROR unauthenticated").message.find("LAMBDAML_CHANNEL_PASSWORD"), std::string::npos);
  EXPECT_NE(error("ERROR").message.find("1.6"), std::string::npos);
}

TEST(Reply, QuotesLittleOfAForeignLine) {
  const std::string message = ParseReply(StrCat("220 \x1b[31m", std::string(1000, 'x'))).error().message;
  EXPECT_LT(message.size(), 200U);
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace lambdaml::memcached
