// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/text.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "storage/server_conformance.h"
#include "storage/store_conformance.h"
#include "storage/testing/memcached_server.h"

namespace lambdaml {
namespace {

std::shared_ptr<MemcachedServer> PlainServer() {
  static const auto server = MemcachedServer::Launch({}).value();
  return server;
}

std::shared_ptr<MemcachedServer> SecureServer() {
  static const auto server = MemcachedServer::Launch({.secure = true}).value();
  return server;
}

// Two nodes that are found through the configuration endpoint.
struct TwoNodes {
  std::shared_ptr<MemcachedServer> one = MemcachedServer::Launch({}).value();
  std::shared_ptr<MemcachedServer> other = MemcachedServer::Launch({}).value();
  std::unique_ptr<ConfigurationEndpoint> configuration =
      ConfigurationEndpoint::Launch({one->address(), other->address()}).value();
  int urls = 0;

  std::string NewUrl() { return StrCat("memcached://", configuration->address(), "/", ++urls, "?discovery=on"); }
};

std::shared_ptr<TwoNodes> Cluster() {
  static const auto nodes = std::make_shared<TwoNodes>();
  return nodes;
}

template <class Server>
StoreUnderTest MakeStore(const Server& server, Clock& clock) {
  return {.ground = server,
          .store = OpenStore(server->NewUrl(), {.clock = clock, .environment = server->environment()}).value()};
}

StoreUnderTest MakePlain(Clock& clock) { return MakeStore(PlainServer(), clock); }
StoreUnderTest MakeSecure(Clock& clock) { return MakeStore(SecureServer(), clock); }
StoreUnderTest MakeCluster(Clock& clock) {
  return {.ground = Cluster(), .store = OpenStore(Cluster()->NewUrl(), {.clock = clock}).value()};
}

std::shared_ptr<TestServer> StartPlain() { return PlainServer(); }
std::shared_ptr<TestServer> StartSecure() { return SecureServer(); }

INSTANTIATE_TEST_SUITE_P(Memcached, StoreConformance,
                         ::testing::Values(StoreMaker{"plain", MakePlain}, StoreMaker{"secure", MakeSecure},
                                           StoreMaker{"cluster", MakeCluster}));

INSTANTIATE_TEST_SUITE_P(Memcached, ServerConformance,
                         ::testing::Values(ServerMaker{"plain", StartPlain}, ServerMaker{"secure", StartSecure}));

class MemcachedStoreTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> Open(const std::string& url, std::map<std::string, std::string> variables = {}) {
    return OpenStore(url, {.clock = clock_, .environment = Environment(std::move(variables))});
  }

  SystemClock clock_;
};

TEST_F(MemcachedStoreTest, EveryNodeHoldsItsShare) {
  const auto nodes = Cluster();
  const std::string url = nodes->NewUrl();
  const auto store = Open(url).value();
  std::vector<std::string> names;
  std::vector<PutItem> items;
  for (int i = 0; i < 100; ++i) names.push_back(StrCat("share/", i));
  for (const std::string& name : names) items.push_back({.key = Key(name), .value = AsBytes(name)});
  ASSERT_TRUE(store->Put(items).ok());
  std::size_t held = 0;
  const std::string prefix = Url::Parse(url).value().path;
  for (const auto& node : {nodes->one, nodes->other}) {
    const std::size_t share =
        Open(StrCat("memcached://", node->address(), prefix)).value()->List(Key("share/")).value().size();
    EXPECT_GT(share, 10U);
    held += share;
  }
  EXPECT_EQ(held, names.size());
  EXPECT_EQ(store->List(Key("share/")).value().size(), names.size());
}

TEST_F(MemcachedStoreTest, ANodeThatIsAwayIsNamedAndNotReplaced) {
  const TwoNodes nodes;
  const auto store =
      Open(StrCat("memcached://", nodes.one->address(), ",", nodes.other->address(), "?retry=off")).value();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Save(*store, Key(StrCat(i)), AsBytes("before")).ok());
  nodes.other->Stop();
  int away = 0;
  for (int i = 0; i < 20; ++i) {
    const auto loaded = Load(*store, Key(StrCat(i)));
    if (loaded.ok()) continue;
    ++away;
    EXPECT_EQ(loaded.error().code, Code::kUnavailable);
    EXPECT_NE(loaded.error().message.find(nodes.other->address()), std::string::npos) << loaded.error().message;
  }
  EXPECT_GT(away, 0);
  EXPECT_LT(away, 20);
}

TEST_F(MemcachedStoreTest, ADeadIdleConnectionIsReplaced) {
  const auto server = MemcachedServer::Launch({}).value();
  const auto store = Open(server->NewUrl("retry=off")).value();
  ASSERT_TRUE(Save(*store, Key("a"), AsBytes("before")).ok());
  server->Stop();
  ASSERT_TRUE(server->Start().ok());
  EXPECT_TRUE(SaveIfAbsent(*store, Key("a"), AsBytes("after")).ok());
  EXPECT_EQ(Load(*store, Key("a")).value().text(), "after");
}

TEST_F(MemcachedStoreTest, AnItemThatIsTooLargeForTheServerIsRefused) {
  const auto server = PlainServer();
  const auto store = Open(server->NewUrl("item=2MB&retry=60s")).value();
  const Error error = Save(*store, Key("a"), Bytes(1'900'000)).error();
  EXPECT_EQ(error.code, Code::kInvalid) << error.message;
  EXPECT_NE(error.message.find("?item="), std::string::npos) << error.message;
  EXPECT_NE(error.message.find(server->address()), std::string::npos) << error.message;
  const auto larger = MemcachedServer::Launch({.arguments = {"-I", "8m"}}).value();
  EXPECT_TRUE(Save(*Open(larger->NewUrl("item=7MB")).value(), Key("a"), Bytes(7'000'000)).ok());
}

TEST_F(MemcachedStoreTest, AServerThatIsFullMayHaveRoomLater) {
  const auto server = MemcachedServer::Launch({.memory_mb = 8, .arguments = {"-M"}}).value();
  const auto store = Open(server->NewUrl("retry=off")).value();
  const Bytes value(500'000);
  Result<void> saved;
  for (int i = 0; saved.ok() && i < 100; ++i) saved = Save(*store, Key(StrCat(i)), value);
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, Code::kUnavailable) << saved.error().message;
}

TEST_F(MemcachedStoreTest, TheLargestItemPassesWithTheLongestKey) {
  const auto store = Open(PlainServer()->NewUrl("ttl=1h")).value();
  const Key longest(std::string(store->limits().key_bytes_max, 'k'));
  const Bytes value(1'000'000);
  ASSERT_TRUE(Save(*store, longest, value).ok());
  EXPECT_EQ(Load(*store, longest).value().size(), value.size());
}

TEST_F(MemcachedStoreTest, AKeyThatIsTooLongWhenEscapedIsRefused) {
  const auto store = Open(PlainServer()->NewUrl()).value();
  const Error error = Save(*store, Key(std::string(150, ' ')), {}).error();
  EXPECT_EQ(error.code, Code::kInvalid);
  EXPECT_NE(error.message.find("count three"), std::string::npos) << error.message;
}

TEST_F(MemcachedStoreTest, ItemsGoWhenTheirTimeIsOver) {
  const auto server = PlainServer();
  const auto brief = Open(server->NewUrl("ttl=1s")).value();
  const auto durable = Open(server->NewUrl("ttl=60d")).value();
  ASSERT_TRUE(Save(*brief, Key("a"), AsBytes("brief")).ok());
  ASSERT_TRUE(Save(*durable, Key("a"), AsBytes("durable")).ok());
  while (Load(*brief, Key("a")).ok()) clock_.SleepUntil(clock_.Now() + std::chrono::milliseconds(50));
  EXPECT_TRUE(brief->List(Key()).value().empty());
  EXPECT_EQ(Load(*durable, Key("a")).value().text(), "durable");
}

TEST_F(MemcachedStoreTest, AServerThatListsNoKeysSaysSo) {
  const auto server = MemcachedServer::Launch({.arguments = {"-o", "no_lru_crawler"}}).value();
  const auto store = Open(server->NewUrl()).value();
  ASSERT_TRUE(Save(*store, Key("a"), {}).ok());
  const Error error = store->List(Key()).error();
  EXPECT_EQ(error.code, Code::kInvalid);
  EXPECT_NE(error.message.find("no_lru_crawler"), std::string::npos) << error.message;
}

TEST_F(MemcachedStoreTest, ManyListAtOnce) {
  const std::string url = PlainServer()->NewUrl();
  const auto store = Open(url).value();
  ASSERT_TRUE(Save(*store, Key("a"), {}).ok());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&store] {
      for (int turn = 0; turn < 5; ++turn) {
        const auto entries = store->List(Key());
        ASSERT_TRUE(entries.ok()) << entries.error().message;
        EXPECT_EQ(entries.value().size(), 1U);
      }
    });
  }
}

// A server without users would keep the password as an item.
TEST_F(MemcachedStoreTest, ThePasswordIsOnlyToldToAServerThatAsks) {
  const auto server = MemcachedServer::Launch({}).value();
  const auto store = Open(StrCat("memcached://user:secret@", server->address())).value();
  ASSERT_TRUE(Save(*store, Key("a"), {}).ok());
  const auto entries = store->List(Key()).value();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].key.text(), "a");
}

TEST_F(MemcachedStoreTest, CredentialsMayComeFromTheEnvironment) {
  const auto server = SecureServer();
  const std::string url = StrCat("memcached://", server->address(), "/environment?tls=on&retry=off");
  const std::string authority = server->environment().Get("SSL_CERT_FILE");
  const auto store = Open(url, {{"SSL_CERT_FILE", authority},
                                {"LAMBDAML_CHANNEL_USER", "worker"},
                                {"LAMBDAML_CHANNEL_PASSWORD", "right-secret"}});
  EXPECT_TRUE(Save(*store.value(), Key("a"), {}).ok());
  const auto stranger = Open(url, {{"SSL_CERT_FILE", authority}});
  const Error error = Save(*stranger.value(), Key("a"), {}).error();
  EXPECT_EQ(error.code, Code::kInvalid);
  EXPECT_NE(error.message.find("LAMBDAML_CHANNEL_PASSWORD"), std::string::npos) << error.message;
}

TEST_F(MemcachedStoreTest, AServerWithoutTlsIsNotSpokenToAsIfItHadIt) {
  const auto server = PlainServer();
  const Error error = Save(*Open(server->NewUrl("tls=on")).value(), Key("a"), {}).error();
  EXPECT_EQ(error.code, Code::kInvalid) << error.message;
  EXPECT_NE(error.message.find("?tls=off"), std::string::npos) << error.message;
}

TEST_F(MemcachedStoreTest, AServerThatKnowsNoClusterIsRefused) {
  const auto server = PlainServer();
  const auto store = Open(server->NewUrl("discovery=on"));
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, Code::kInvalid);
  EXPECT_NE(store.error().message.find(server->address()), std::string::npos) << store.error().message;
}

}  // namespace
}  // namespace lambdaml
