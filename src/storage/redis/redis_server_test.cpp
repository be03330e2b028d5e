// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <thread>

#include "base/text.h"
#include "net/stream.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "storage/server_conformance.h"
#include "storage/store_conformance.h"
#include "storage/testing/redis_server.h"

namespace lambdaml {
namespace {

std::shared_ptr<RedisServer> PlainServer() {
  static const auto server = RedisServer::Launch({}).value();
  return server;
}

std::shared_ptr<RedisServer> PasswordServer() {
  static const auto server = RedisServer::Launch({.password = "right-secret"}).value();
  return server;
}

std::shared_ptr<RedisServer> SecureServer() {
  static const auto server = RedisServer::Launch({.secure = true}).value();
  return server;
}

std::shared_ptr<RedisServer> Valkey() {
  static const auto server = RedisServer::Launch({.program = "valkey-server"}).value();
  return server;
}

StoreUnderTest MakeStore(const std::shared_ptr<RedisServer>& server, Clock& clock) {
  return {.ground = server,
          .store = OpenStore(server->NewUrl(), {.clock = clock, .environment = server->environment()}).value()};
}

StoreUnderTest MakePlain(Clock& clock) { return MakeStore(PlainServer(), clock); }
StoreUnderTest MakeSecure(Clock& clock) { return MakeStore(SecureServer(), clock); }
StoreUnderTest MakeValkey(Clock& clock) { return MakeStore(Valkey(), clock); }

std::shared_ptr<TestServer> StartPlain() { return PlainServer(); }
std::shared_ptr<TestServer> StartWithPassword() { return PasswordServer(); }
std::shared_ptr<TestServer> StartSecure() { return SecureServer(); }
std::shared_ptr<TestServer> StartValkey() { return Valkey(); }

std::vector<StoreMaker> StoreMakers() {
  std::vector<StoreMaker> makers{{"plain", MakePlain}, {"secure", MakeSecure}};
  if (RedisServer::Installed("valkey-server")) makers.push_back({"valkey", MakeValkey});
  return makers;
}

std::vector<ServerMaker> ServerMakers() {
  std::vector<ServerMaker> makers{{"plain", StartPlain}, {"password", StartWithPassword}, {"secure", StartSecure}};
  if (RedisServer::Installed("valkey-server")) makers.push_back({"valkey", StartValkey});
  return makers;
}

INSTANTIATE_TEST_SUITE_P(Redis, StoreConformance, ::testing::ValuesIn(StoreMakers()));
INSTANTIATE_TEST_SUITE_P(Redis, ServerConformance, ::testing::ValuesIn(ServerMakers()));

class RedisStoreTest : public ::testing::Test {
 protected:
  Clock::Time Later() const { return clock_.Now() + std::chrono::minutes(1); }

  std::unique_ptr<Store> Open(const std::string& url) { return OpenStore(url, {.clock = clock_}).value(); }

  // The error of opening a store and using it.
  Error ErrorOf(const std::string& url, const Environment& environment = {}) {
    const auto store = OpenStore(url, {.clock = clock_, .environment = environment});
    if (!store.ok()) return store.error();
    const auto saved = Save(*store.value(), Key("a"), AsBytes("x"));
    return saved.ok() ? Error{Code::kInternal, "no error"} : saved.error();
  }

  SystemClock clock_;
};

TEST_F(RedisStoreTest, AWaitSeesWhatAnotherStoreWritesWhateverItsSize) {
  const std::string url = PlainServer()->NewUrl();
  const auto reader = Open(url);
  const auto writer = Open(url);
  for (const std::size_t size : {0UL, 100UL, 16384UL, 16385UL, 1'000'000UL}) {
    const Key key(StrCat("inbox/", size));
    const std::string value(size, 'v');
    const std::jthread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      EXPECT_TRUE(Save(*writer, key, AsBytes(value)).ok());
    });
    const auto waited = LoadOrWait(*reader, key, Later());
    ASSERT_TRUE(waited.ok()) << waited.error().message;
    EXPECT_TRUE(waited.value().text() == value);
  }
}

TEST_F(RedisStoreTest, AWaitSeesConditionalWrites) {
  const std::string url = PlainServer()->NewUrl();
  const auto reader = Open(url);
  const auto writer = Open(url);
  const std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_TRUE(SaveIfAbsent(*writer, Key("new"), AsBytes("first")).ok());
    EXPECT_FALSE(SaveIfAbsent(*writer, Key("new"), AsBytes("second")).ok());
  });
  const auto waited = LoadOrWait(*reader, Key("new"), Later());
  ASSERT_TRUE(waited.ok()) << waited.error().message;
  EXPECT_EQ(waited.value().text(), "first");
}

TEST_F(RedisStoreTest, AWaitSeesWhatOtherProgramsWrite) {
  const std::string url = PlainServer()->NewUrl();
  const auto store = Open(url);
  const std::string path = url.substr(url.find("jobs/"));
  const std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto set = PlainServer()->Ask({"SET", path.substr(0, path.find('?')) + "/a", "by hand"});
    EXPECT_TRUE(set.ok());
  });
  const auto waited = LoadOrWait(*store, Key("a"), Later());
  ASSERT_TRUE(waited.ok()) << waited.error().message;
  EXPECT_EQ(waited.value().text(), "by hand");
}

TEST_F(RedisStoreTest, ConnectionsThatTheServerClosedAreReplaced) {
  const auto store = Open(PlainServer()->NewUrl("retry=off"));
  ASSERT_TRUE(Save(*store, Key("a"), AsBytes("x")).ok());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(PlainServer()->Ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}).ok());
    const auto loaded = Load(*store, Key("a"));
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  }
}

TEST_F(RedisStoreTest, AWaitWhoseConnectionIsClosedIsTriedAgain) {
  const std::string url = PlainServer()->NewUrl();
  const auto reader = Open(url);
  const auto writer = Open(url);
  const std::jthread later([&] {
    for (int i = 0; i < 3; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      EXPECT_TRUE(PlainServer()->Ask({"CLIENT", "KILL", "TYPE", "pubsub"}).ok());
    }
    EXPECT_TRUE(Save(*writer, Key("late"), AsBytes("here")).ok());
  });
  const auto waited = LoadOrWait(*reader, Key("late"), Later());
  ASSERT_TRUE(waited.ok()) << waited.error().message;
  const auto direct = OpenStore(url + "retry=off", {.clock = clock_}).value();
  const std::jthread killer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(PlainServer()->Ask({"CLIENT", "KILL", "TYPE", "pubsub"}).ok());
  });
  const auto broken = LoadOrWait(*direct, Key("never"), Later());
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.error().code, Code::kUnavailable) << broken.error().message;
}

TEST_F(RedisStoreTest, WaitsFollowEachOtherOnOneConnection) {
  const std::string url = PlainServer()->NewUrl("retry=off");
  const auto reader = Open(url);
  const auto writer = Open(url);
  const std::jthread noise([&] {
    for (int i = 0; i < 2000; ++i) EXPECT_TRUE(Save(*writer, Key(StrCat("box/", i)), AsBytes(StrCat(i))).ok());
  });
  for (int i = 0; i < 2000; i += 7) {
    const auto waited = LoadOrWait(*reader, Key(StrCat("box/", i)), Later());
    ASSERT_TRUE(waited.ok()) << waited.error().message;
    EXPECT_EQ(waited.value().text(), StrCat(i));
    EXPECT_EQ(Load(*reader, Key(StrCat("box/", i))).value().text(), StrCat(i));
  }
}

TEST_F(RedisStoreTest, ScriptsMayBeForgotten) {
  const auto store = Open(PlainServer()->NewUrl());
  ASSERT_TRUE(Save(*store, Key("lease"), AsBytes("0")).ok());
  for (int i = 0; i < 3; ++i) {
    const std::string held = StrCat(i);
    const std::string next = StrCat(i + 1);
    const PutItem item{
        .key = Key("lease"), .value = AsBytes(next), .condition = Condition::kIfEquals, .expected = AsBytes(held)};
    const auto put = store->Put({&item, 1});
    ASSERT_TRUE(put.ok()) << put.error().message;
    ASSERT_TRUE(PlainServer()->Ask({"SCRIPT", "FLUSH"}).ok());
  }
}

TEST_F(RedisStoreTest, PatternsInAPrefixAreTexts) {
  const std::string url = PlainServer()->NewUrl();
  const std::string base = url.substr(0, url.find('?'));
  const auto odd = Open(base + "/[a-z]*\\");
  const auto plain = Open(base + "/b");
  ASSERT_TRUE(Save(*odd, Key("x*1"), AsBytes("")).ok());
  ASSERT_TRUE(Save(*odd, Key("xy1"), AsBytes("")).ok());
  ASSERT_TRUE(Save(*plain, Key("x*1"), AsBytes("")).ok());
  EXPECT_EQ(odd->List(Key("x*")).value().size(), 1U);
  EXPECT_EQ(odd->List(Key("x?")).value().size(), 0U);
  EXPECT_EQ(odd->List(Key()).value().size(), 2U);
  EXPECT_EQ(Clear(*odd, Key("x*1")).value(), 0U);
}

TEST_F(RedisStoreTest, DatabasesAreApart) {
  const std::string url = PlainServer()->NewUrl();
  const auto first = Open(url);
  const auto third = Open(url + "db=3");
  ASSERT_TRUE(Save(*third, Key("a"), AsBytes("three")).ok());
  EXPECT_EQ(Load(*first, Key("a")).error().code, Code::kNotFound);
  EXPECT_EQ(first->List(Key()).value().size(), 0U);
  {
    const std::jthread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      EXPECT_TRUE(Save(*first, Key("b"), AsBytes("one")).ok());
      EXPECT_TRUE(Save(*third, Key("b"), AsBytes("three")).ok());
    });
    EXPECT_EQ(LoadOrWait(*third, Key("b"), Later()).value().text(), "three");
  }
  const Error error = ErrorOf(url + "db=1000");
  EXPECT_EQ(error.code, Code::kInvalid) << error.message;
}

TEST_F(RedisStoreTest, ValuesExpireIfAskedTo) {
  const std::string url = PlainServer()->NewUrl("ttl=1h");
  const std::string path = url.substr(url.find("jobs/"), url.find('?') - url.find("jobs/"));
  const auto store = Open(url);
  ASSERT_TRUE(Save(*store, Key("a"), AsBytes("1")).ok());
  ASSERT_TRUE(SaveIfAbsent(*store, Key("b"), AsBytes("1")).ok());
  const PutItem item{
      .key = Key("b"), .value = AsBytes("2"), .condition = Condition::kIfEquals, .expected = AsBytes("1")};
  ASSERT_TRUE(store->Put({&item, 1}).ok());
  for (const char* const name : {"/a", "/b"}) {
    const auto left = ParseInteger(Trim(PlainServer()->Ask({"PTTL", path + name}).value()));
    ASSERT_TRUE(left.has_value());
    EXPECT_GT(*left, 3'000'000) << name;
    EXPECT_LE(*left, 3'600'000) << name;
  }
}

TEST_F(RedisStoreTest, AFullServerSaysSo) {
  const auto server = RedisServer::Launch({.arguments = {"--maxmemory", "3mb"}}).value();
  const auto store = Open(server->NewUrl("retry=off"));
  const std::string large(4'000'000, 'x');
  Result<void> saved = Save(*store, Key("large"), AsBytes(large));
  if (saved.ok()) saved = Save(*store, Key("more"), AsBytes("x"));
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, Code::kUnavailable) << saved.error().message;
  EXPECT_NE(saved.error().message.find("memory is full"), std::string::npos) << saved.error().message;
  const auto removed = Remove(*store, Key("large"));
  EXPECT_TRUE(removed.ok()) << removed.error().message;
}

TEST_F(RedisStoreTest, AClusterIsRefused) {
  const auto server =
      RedisServer::Launch({.arguments = {"--cluster-enabled", "yes", "--cluster-port", StrCat(FreePort())}}).value();
  const Error error = ErrorOf(server->NewUrl());
  EXPECT_EQ(error.code, Code::kInvalid);
  EXPECT_NE(error.message.find("cluster"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find(server->address()), std::string::npos) << error.message;
}

TEST_F(RedisStoreTest, WhatTheUserMayNotDoIsNamed) {
  std::string url = SecureServer()->NewUrl();
  url.replace(url.find("jobs/"), 5, "else/");
  const Error error = ErrorOf(url, SecureServer()->environment());
  EXPECT_EQ(error.code, Code::kInvalid);
  EXPECT_NE(error.message.find("NOPERM"), std::string::npos) << error.message;
  const auto store = OpenStore(url, {.clock = clock_, .environment = SecureServer()->environment()}).value();
  const auto waited = LoadOrWait(*store, Key("a"), Later());
  ASSERT_FALSE(waited.ok());
  EXPECT_EQ(waited.error().code, Code::kInvalid) << waited.error().message;
}

TEST_F(RedisStoreTest, CredentialsComeFromTheEnvironmentToo) {
  const auto server = PasswordServer();
  std::string url = server->NewUrl();
  url.erase(url.find("//") + 2, url.find('@') - url.find("//") - 1);
  const Error missing = ErrorOf(url);
  EXPECT_EQ(missing.code, Code::kInvalid);
  EXPECT_NE(missing.message.find("LAMBDAML_CHANNEL_PASSWORD"), std::string::npos) << missing.message;
  EXPECT_EQ(ErrorOf(url, Environment({{"LAMBDAML_CHANNEL_PASSWORD", std::string("right-secret")}})).message,
            "no error");
  const Error wrong =
      ErrorOf(url, Environment({{"LAMBDAML_CHANNEL_USER", "default"}, {"LAMBDAML_CHANNEL_PASSWORD", "wrong-secret"}}));
  EXPECT_EQ(wrong.code, Code::kInvalid);
  EXPECT_EQ(wrong.message.find("wrong-secret"), std::string::npos) << wrong.message;
}

TEST_F(RedisStoreTest, TlsIsNotSpokenToAPlainServer) {
  std::string url = PlainServer()->NewUrl("retry=100ms");
  url.replace(0, 5, "rediss");
  const Error error = ErrorOf(url);
  EXPECT_TRUE(error.code == Code::kInvalid || error.code == Code::kUnavailable) << error.message;
  EXPECT_NE(error.message.find("TLS"), std::string::npos) << error.message;
}

class TlsStreamTest : public RedisStoreTest {
 protected:
  Result<Stream> Connect(const std::string& host, const std::string& ca_file) {
    const TlsTrust trust = TRY(TlsTrust::Load(ca_file));
    return Stream::Connect({.host = host, .port = SecureServer()->port()}, &trust, clock_, Later());
  }
};

TEST_F(TlsStreamTest, AServerIsTrustedByNameAndByAddress) {
  for (const char* const host : {"localhost", "127.0.0.1"}) {
    auto stream = Connect(host, SecureServer()->certificates().authority);
    ASSERT_TRUE(stream.ok()) << stream.error().message;
    EXPECT_TRUE(stream.value().IsIdle());
    ASSERT_TRUE(stream.value().Send("PING\r\n", Later()).ok());
    EXPECT_TRUE(stream.value().ReadLine(1000, Later()).value().starts_with("-NOAUTH"));
    EXPECT_TRUE(stream.value().IsIdle());
  }
}

TEST_F(TlsStreamTest, AnotherHostsCertificateIsRefused) {
  const auto stream = Connect("127.0.0.2", SecureServer()->certificates().authority);
  ASSERT_FALSE(stream.ok());
  EXPECT_EQ(stream.error().code, Code::kInvalid);
  EXPECT_NE(stream.error().message.find("certificate"), std::string::npos) << stream.error().message;
}

TEST_F(TlsStreamTest, AnUnknownAuthorityIsRefused) {
  for (const std::string& file : {SecureServer()->certificates().unknown_authority, std::string()}) {
    const auto stream = Connect("localhost", file);
    ASSERT_FALSE(stream.ok());
    EXPECT_EQ(stream.error().code, Code::kInvalid);
    EXPECT_NE(stream.error().message.find("certificate"), std::string::npos) << stream.error().message;
  }
}

}  // namespace
}  // namespace lambdaml
