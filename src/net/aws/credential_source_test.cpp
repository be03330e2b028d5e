// SPDX-License-Identifier: Apache-2.0
#include "net/aws/credential_source.h"

#include <gtest/gtest.h>

namespace lambdaml::aws {
namespace {

TEST(AwsCredentialProcessCommand, IsSplitAsByAShell) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(SplitCommand("a  b\tc").value(), (Words{"a", "b", "c"}));
  EXPECT_EQ(SplitCommand(R"("/my dir/x" --name='a "b"' c\ d "e\"f" '' $HOME;*)").value(),
            (Words{"/my dir/x", "--name=a \"b\"", "c d", "e\"f", "", "$HOME;*"}));
  EXPECT_FALSE(SplitCommand("a \"b").ok());
  EXPECT_FALSE(SplitCommand(" ").ok());
}

TEST(AwsTimestamp, IsRead) {
  constexpr std::int64_t kTime = 1'709'251'199'000;
  EXPECT_EQ(ParseTimestamp("2024-02-29T23:59:59Z"), kTime);
  EXPECT_EQ(ParseTimestamp("2024-02-29T23:59:59.25Z"), kTime + 250);
  EXPECT_EQ(ParseTimestamp("2024-02-29T23:59:59.123456789Z"), kTime + 123);
  EXPECT_EQ(ParseTimestamp("2024-03-01T01:29:59+01:30"), kTime);
  EXPECT_EQ(ParseTimestamp("2024-02-29T19:59:59-0400"), kTime);
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:00+00:00"), 0);
  for (const std::string text : {"", "soon", "2024-02-30T00:00:00Z", "2024-02-29T23:59:59", "2024-02-29T23:59:59Zx",
                                 "2024-02-29 23:59:59Z", "2024-02-29T23:59:59.Z", "20240229T235959Z"}) {
    EXPECT_EQ(ParseTimestamp(text), std::nullopt) << text;
  }
}

TEST(AwsContainerUrl, IsAskedOnlyWhereItsTokenIsSafe) {
  const auto url_of = [](const std::string& name, const std::string& value) {
    return ContainerUrl(Environment(std::map<std::string, std::string>{{"AWS_CONTAINER_CREDENTIALS_" + name, value}}));
  };
  EXPECT_EQ(ContainerUrl(Environment()).value(), "");
  EXPECT_EQ(url_of("RELATIVE_URI", "/v2/x?id=1").value(), "http://169.254.170.2/v2/x?id=1");
  for (const std::string url : {"https://example.com/x", "http://127.0.0.2:80/x", "http://localhost/x",
                                "http://[::1]:8080/x", "http://169.254.170.23/v1", "http://[fd00:ec2::23]/v1"}) {
    EXPECT_EQ(url_of("FULL_URI", url).value(), url);
  }
  for (const std::string url : {"http://example.com/x", "http://localhost.example.com/x",
                                "http://127.0.0.1@example.com/", "ftp://localhost/x", "x", "http://169.254.169.254/"}) {
    const auto refused = url_of("FULL_URI", url);
    ASSERT_FALSE(refused.ok()) << url;
    EXPECT_EQ(refused.error().code, Code::kInvalid);
  }
}

}  // namespace
}  // namespace lambdaml::aws
