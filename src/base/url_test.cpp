// SPDX-License-Identifier: Apache-2.0
#include "base/url.h"

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

TEST(Url, HasFourParts) {
  const Url url = Url::Parse("redis://user:secret@host:6379/a/b?timeout=5&tls&token=x=y").value();
  EXPECT_EQ(url.scheme, "redis");
  EXPECT_EQ(url.authority, "user:secret@host:6379");
  EXPECT_EQ(url.path, "/a/b");
  EXPECT_EQ(url.query, (std::map<std::string, std::string>{{"timeout", "5"}, {"tls", ""}, {"token", "x=y"}}));
}

TEST(Url, NeedsOnlyAScheme) {
  EXPECT_EQ(Url::Parse("memory:").value().scheme, "memory");
  EXPECT_EQ(Url::Parse("file:/dir").value().path, "/dir");
  const Url url = Url::Parse("file:///dir").value();
  EXPECT_EQ(url.authority, "");
  EXPECT_EQ(url.path, "/dir");
  EXPECT_EQ(Url::Parse("s3://bucket").value().authority, "bucket");
  EXPECT_EQ(Url::Parse("s3://bucket").value().path, "");
}

TEST(Url, PrintsWithoutItsSecrets) {
  EXPECT_EQ(Url::Parse("redis://user:s@cret@host:6379/a?token=t").value().Printable(), "redis://host:6379/a");
  EXPECT_EQ(Url::Parse("file:/dir?token=t").value().Printable(), "file:///dir");
  EXPECT_EQ(Url::Parse("memory:?token=t").value().Printable(), "memory:");
}

TEST(Url, PrintsNoPartOfAPasswordThatWasNotEncoded) {
  for (const char* const text :
       {"redis://user:se/cret@host/a", "redis://user:se?cret@host", "redis://user:se?x=cret@h"}) {
    EXPECT_EQ(Url::Parse(text).value().Printable(), "redis://...") << text;
  }
  EXPECT_EQ(Url::Parse("file:///a@b").value().Printable(), "file:///a@b");
  EXPECT_EQ(Url::Parse("s3://bucket/a@b").value().Printable(), "s3://bucket/a@b");
}

TEST(Url, ATextIsPrintedWithoutTheSecretsOfAUrl) {
  EXPECT_EQ(PrintableUrl("rediss://user:secret@host/a?token=t"), "rediss://host/a");
  EXPECT_EQ(PrintableUrl("out/folder"), "out/folder");
}

TEST(Url, RefusesWhatHasNoScheme) {
  for (const char* const text : {"", "/dir", "://x", "C D://x", "Upper://x"}) {
    const auto url = Url::Parse(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.error().code, Code::kInvalid);
    EXPECT_TRUE(url.error().message.starts_with("'" + std::string(text) + "' is not a URL")) << url.error().message;
  }
}

}  // namespace
}  // namespace lambdaml
