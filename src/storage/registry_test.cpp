// SPDX-License-Identifier: Apache-2.0
#include "storage/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/temporary_folder.h"
#include "base/text.h"
#include "storage/layers/meter.h"
#include "storage/ops.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml {
namespace {

TEST(Registry, KnowsEachBackendByTheSchemeOfItsExample) {
  for (const Backend& backend : Backends()) {
    EXPECT_EQ(Url::Parse(backend.example).value().scheme, backend.scheme);
    EXPECT_FALSE(backend.summary.empty());
  }
}

TEST(Registry, NamesWhatIsKnownWhenTheSchemeIsNot) {
  SystemClock clock;
  const auto store = OpenStore("ftp://user:secret@host/x", {.clock = clock});
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, Code::kInvalid);
  std::vector<std::string> known;
  for (const Backend& backend : Backends()) known.emplace_back(backend.scheme);
  EXPECT_TRUE(std::ranges::is_sorted(known));
  EXPECT_EQ(store.error().message, StrCat("no storage is called 'ftp:'; known are ", JoinWith(", ", known)));
  EXPECT_EQ(OpenStore("no url", {.clock = clock}).error().code, Code::kInvalid);
}

TEST(Registry, EveryMemoryStoreIsNew) {
  SystemClock clock;
  const auto one = OpenStore("memory:", {.clock = clock}).value();
  const auto other = OpenStore("memory:", {.clock = clock}).value();
  const PutItem item{.key = Key("a"), .value = {}};
  ASSERT_TRUE(one->Put({&item, 1}).ok());
  EXPECT_TRUE(other->List(Key()).value().empty());
}

TEST(Registry, PutsTogetherWhatTheUrlAsksFor) {
  VirtualClock clock;
  StoreMeter meter;
  const auto store =
      OpenStore(
          "memory:?checksum=on&chaos=7&errors=0.2&lost=0.2&delays=0&retry=1m&latency=10us&spread=5us&bandwidth=1GB",
          {.clock = clock, .meter = &meter})
          .value();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Save(*store, Key("a"), AsBytes("12345")).ok());
  EXPECT_EQ(Load(*store, Key("a")).value().text(), "12345");
  const StoreUse use = meter.use();
  EXPECT_GT(use.puts, 20U);                    // those that were tried again count
  EXPECT_EQ(use.bytes_written, use.puts * 9);  // with the checksum
  EXPECT_EQ(store->limits().value_bytes_max, std::numeric_limits<std::uint64_t>::max() - 4);
  const auto bare = OpenStore("memory:?chaos=7&errors=1&retry=off", {.clock = clock}).value();
  EXPECT_EQ(Save(*bare, Key("a"), {}).error().message, "memory: failed by chance");
}

TEST(Registry, ServersBehindUrls) {
  SystemClock clock;
  const TemporaryFolder folder = TemporaryFolder::Make().value();
  EXPECT_FALSE(ServerOf("memory:", {.clock = clock}).value());
  EXPECT_EQ(ServerOf("ftp://host/x", {.clock = clock}).error().code, Code::kInvalid);
  EXPECT_EQ(ServerOf("memory:?retry=soon", {.clock = clock}).error().code, Code::kInvalid);

  const std::string path = (folder.path() / "new/folder").string();
  const auto server = ServerOf(StrCat("file://", path), {.clock = clock}).value();
  ASSERT_TRUE(server);
  EXPECT_EQ(server->address, path);
  const std::int64_t begin = clock.UnixMs();
  const ServerState state = server->ask(std::chrono::seconds(3)).value();
  EXPECT_LE(*state.unix_ms, clock.UnixMs());
  EXPECT_GE(*state.unix_ms + 1000, begin);
  EXPECT_GT(state.room_bytes.value_or(0), 0U);
  EXPECT_EQ(OpenStore(StrCat("file://", path), {.clock = clock}).value()->List(Key()).value().size(), 0U);
  EXPECT_TRUE(std::filesystem::is_empty(path));
}

}  // namespace
}  // namespace lambdaml
