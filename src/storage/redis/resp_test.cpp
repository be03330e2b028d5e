// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/resp.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"

namespace lambdaml::redis {
namespace {

class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}

  Result<std::string_view> Line(std::size_t bytes_max) override {
    const std::string_view rest = std::string_view(text_).substr(at_);
    const std::size_t end = rest.find("\r\n");
    if (std::min(end, rest.size()) > bytes_max) return Error{Code::kInvalid, "too long"};
    if (end == std::string_view::npos) return Error{Code::kUnavailable, "the end"};
    at_ += end + 2;
    return rest.substr(0, end);
  }

  Result<void> Exactly(std::span<std::byte> into) override {
    if (into.size() > text_.size() - at_) return Error{Code::kUnavailable, "the end"};
    std::ranges::copy(AsBytes(std::string_view(text_).substr(at_, into.size())), into.begin());
    at_ += into.size();
    return {};
  }

  bool at_end() const { return at_ == text_.size(); }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

// A reply as a short text.
std::string Shown(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::kNothing: return "nothing";
    case Reply::Kind::kText: return StrCat("text ", reply.text);
    case Reply::Kind::kError: return StrCat("error ", reply.text);
    case Reply::Kind::kInteger: return StrCat(reply.integer);
    case Reply::Kind::kBulk: return StrCat("'", reply.bulk.text(), "'");
    default: break;
  }
  std::string shown = reply.Is(Reply::Kind::kPush) ? "push[" : "[";
  for (const Reply& element : reply.elements) shown += StrCat(Shown(element), ";");
  return shown + "]";
}

std::string Read(const std::string& text) {
  TextSource source(text);
  const Result<Reply> reply = ReadReply(source);
  if (!reply.ok()) return std::string(Name(reply.error().code));
  return source.at_end() ? Shown(reply.value()) : "rest";
}

const std::string kRefused(Name(Code::kInvalid));
const std::string kTruncated(Name(Code::kUnavailable));

TEST(ReadReply, KnowsEveryKind) {
  EXPECT_EQ(Read("+OK\r\n"), "text OK");
  EXPECT_EQ(Read("-ERR no\r\n"), "error ERR no");
  EXPECT_EQ(Read("!6\r\nERR no\r\n"), "error ERR no");
  EXPECT_EQ(Read(":-12\r\n"), "-12");
  EXPECT_EQ(Read("#t\r\n"), "1");
  EXPECT_EQ(Read("#f\r\n"), "0");
  EXPECT_EQ(Read(",1.5\r\n"), "text 1.5");
  EXPECT_EQ(Read("(123\r\n"), "text 123");
  EXPECT_EQ(Read("$5\r\na\r\nbc\r\n"), "'a\r\nbc'");
  EXPECT_EQ(Read("$0\r\n\r\n"), "''");
  EXPECT_EQ(Read("=5\r\ntxt:x\r\n"), "'txt:x'");
  for (const char* const nothing : {"$-1\r\n", "*-1\r\n", "_\r\n"}) EXPECT_EQ(Read(nothing), "nothing");
  EXPECT_EQ(Read("*0\r\n"), "[]");
  EXPECT_EQ(Read("*2\r\n$1\r\na\r\n_\r\n"), "['a';nothing;]");
  EXPECT_EQ(Read("%1\r\n+a\r\n:1\r\n"), "[text a;1;]");
  EXPECT_EQ(Read("~1\r\n:1\r\n"), "[1;]");
  EXPECT_EQ(Read(">2\r\n+message\r\n*1\r\n-E\r\n"), "push[text message;[error E;];]");
}

TEST(ReadReply, NoticesWhatIsTruncated) {
  const std::string whole = "*3\r\n$5\r\nhello\r\n:1\r\n%1\r\n+a\r\n_\r\n";
  EXPECT_EQ(Read(whole), "['hello';1;[text a;nothing;];]");
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(Read(whole.substr(0, size)), kTruncated) << size;
}

TEST(ReadReply, RefusesWhatIsNoReply) {
  for (const char* const wrong : {"\r\n",
                                  "220 mail.example ESMTP ready\r\n",
                                  "HTTP/1.1 400 Bad Request\r\n",
                                  "ERROR\r\n",
                                  ":\r\n",
                                  ":1x\r\n",
                                  ": 1\r\n",
                                  "$\r\n",
                                  "$-2\r\n",
                                  "$x\r\n",
                                  "$1.0\r\n",
                                  "*-2\r\n",
                                  "%-1\r\n",
                                  "~\r\n",
                                  "_x\r\n",
                                  "#\r\n",
                                  "#true\r\n",
                                  "$2\r\nabc\r\n",
                                  "$1\r\nabc\r\n",
                                  "*1\r\n?\r\n"}) {
    EXPECT_EQ(Read(wrong), kRefused) << wrong;
  }
}

TEST(ReadReply, TakesNoMoreMemoryThanThereIsDataFor) {
  for (const char* const huge : {"$536870913\r\n", "$9223372036854775807\r\n", "$99999999999999999999\r\n",
                                 "*1048577\r\n", "*9223372036854775807\r\n", "%1048577\r\n", "!65537\r\n"}) {
    EXPECT_EQ(Read(huge), kRefused) << huge;
  }
  EXPECT_EQ(Read("*1048576\r\n:1\r\n"), kTruncated);
  EXPECT_EQ(Read("+" + std::string(70'000, 'x') + "\r\n"), kRefused);
}

TEST(ReadReply, IsNestedOnlySoDeeply) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "*1\r\n";
    return text + ":7\r\n";
  };
  EXPECT_EQ(Read(nested(8)), "[[[[[[[[7;];];];];];];];]");
  EXPECT_EQ(Read(nested(9)), kRefused);
  EXPECT_EQ(Read(nested(100'000)), kRefused);
}

TEST(ReadReply, ShowsWhatItCannotReadWithoutControlCharacters) {
  TextSource source("220 \x1B[31m" + std::string(1000, 'x') + "\r\n");
  const Result<Reply> reply = ReadReply(source);
  ASSERT_FALSE(reply.ok());
  EXPECT_NE(reply.error().message.find("'220 ?[31m"), std::string::npos) << reply.error().message;
  EXPECT_LT(reply.error().message.size(), 200U);
}

std::string Sent(const Commands& commands) {
  std::string text;
  for (const ByteSpan piece : commands.Pieces()) {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  EXPECT_EQ(text.size(), commands.bytes());
  return text;
}

TEST(Commands, AreArraysOfTheirArguments) {
  Commands commands;
  EXPECT_TRUE(commands.empty());
  commands.Command("GETRANGE", "a b", std::int64_t{0}, std::int64_t{-1});
  commands.Begin(2);
  commands.Add("X");
  commands.AddJoined(std::vector<std::string_view>{"k", ":"}, AsBytes("v"));
  EXPECT_EQ(Sent(commands),
            "*4\r\n$8\r\nGETRANGE\r\n$3\r\na b\r\n$1\r\n0\r\n$2\r\n-1\r\n*2\r\n$1\r\nX\r\n$3\r\nk:v\r\n");
}

TEST(Commands, LargeValuesAreSentFromWhereTheyAre) {
  const std::string large(100'000, 'v');
  Commands commands;
  commands.Begin(1);
  commands.AddValue(AsBytes(large));
  commands.Command("PING");
  EXPECT_EQ(Sent(commands), StrCat("*1\r\n$100000\r\n", large, "\r\n*1\r\n$4\r\nPING\r\n"));
  const std::vector<ByteSpan> pieces = commands.Pieces();
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[1].data(), AsBytes(large).data());
}

}  // namespace
}  // namespace lambdaml::redis
