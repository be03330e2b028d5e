// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/discovery.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace lambdaml::memcached {
namespace {

using Texts = std::vector<std::string>;

Texts NodesOf(std::string_view configuration) {
  const auto nodes = ParseConfiguration(configuration);
  if (!nodes.ok()) return {StrCat(Name(nodes.error().code), ": ", nodes.error().message)};
  Texts texts;
  for (const Endpoint& node : nodes.value()) texts.push_back(node.text());
  return texts;
}

TEST(Discovery, NodesAreCalledByNameOrElseByNumber) {
  EXPECT_EQ(NodesOf("12\nb.example|10.0.0.2|11211 a.example|10.0.0.1|11212\n"),
            (Texts{"a.example:11212", "b.example:11211"}));
  EXPECT_EQ(NodesOf("1\n|10.0.0.2|11211\n\r\n"), Texts{"10.0.0.2:11211"});
  EXPECT_EQ(NodesOf("1\r\na.example||11211\r\n"), Texts{"a.example:11211"});
}

TEST(Discovery, RefusesAnythingElse) {
  for (const char* const text : {"", "12", "12\n", "x\na|b|1\n", "12\na|b\n", "12\na|b|0\n", "12\na|b|65536\n",
                                 "12\na|b|c\n", "12\n||11211\n", "12\na|b|1  c|d|1\n"}) {
    EXPECT_EQ(ParseConfiguration(text).error().code, Code::kInvalid) << text;
  }
  std::string many = "1\n";
  for (int i = 0; i < 1001; ++i) many += StrCat("host-", i, "||11211 ");
  EXPECT_EQ(ParseConfiguration(many).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace lambdaml::memcached
