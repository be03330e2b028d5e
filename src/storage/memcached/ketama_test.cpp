// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/ketama.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"

namespace lambdaml::memcached {
namespace {

std::vector<std::string> Nodes(int count) {
  std::vector<std::string> nodes;
  for (int i = 0; i < count; ++i) nodes.push_back(StrCat("127.0.0.1:", 10000 + i));
  return nodes;
}

// As libketama itself places these keys on these nodes; the figures are in the tests of spymemcached.
TEST(Ketama, AgreesWithOtherClients) {
  const KetamaRing ring = KetamaRing::Of(Nodes(5)).value();
  EXPECT_EQ(ring.NodeOf("36"), 2U);
  EXPECT_EQ(ring.NodeOf("10037"), 3U);
  EXPECT_EQ(ring.NodeOf("22051"), 1U);
  EXPECT_EQ(ring.NodeOf("49044"), 4U);
}

TEST(Ketama, ANewNodeTakesItsShareAndMovesNothingElse) {
  constexpr int kKeys = 10'000;
  const KetamaRing before = KetamaRing::Of(Nodes(4)).value();
  const KetamaRing after = KetamaRing::Of(Nodes(5)).value();
  int moved = 0;
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = StrCat("job/1/message/", i);
    if (before.NodeOf(key) == after.NodeOf(key)) continue;
    ++moved;
    EXPECT_EQ(after.NodeOf(key), 4U) << key;
  }
  EXPECT_GT(moved, kKeys / 10);
  EXPECT_LT(moved, kKeys / 3);
}

TEST(Ketama, EveryNodeHasAFairShare) {
  constexpr int kKeys = 10'000;
  std::vector<int> keys_of(4);
  const KetamaRing ring = KetamaRing::Of(Nodes(4)).value();
  for (int i = 0; i < kKeys; ++i) ++keys_of[ring.NodeOf(StrCat("key-", i))];
  for (const int keys : keys_of) EXPECT_GT(keys, kKeys / 8);
}

TEST(Ketama, TheOrderOfTheNodesDoesNotMatter) {
  std::vector<std::string> nodes = Nodes(3);
  std::vector<std::string> reversed = nodes;
  std::reverse(reversed.begin(), reversed.end());
  const KetamaRing ring = KetamaRing::Of(nodes).value();
  const KetamaRing other = KetamaRing::Of(reversed).value();
  for (int i = 0; i < 1000; ++i) {
    const std::string key = StrCat("key-", i);
    EXPECT_EQ(nodes[ring.NodeOf(key)], reversed[other.NodeOf(key)]) << key;
  }
}

TEST(Ketama, ASingleNodeHoldsAll) { EXPECT_EQ(KetamaRing::Of(Nodes(1)).value().NodeOf("any"), 0U); }

}  // namespace
}  // namespace lambdaml::memcached
