// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/settings.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace lambdaml::redis {
namespace {

Result<Settings> Parsed(std::string_view url, const Environment& environment = {}) {
  return ParseSettings(Url::Parse(url).value(), environment);
}

std::string ErrorOf(std::string_view url) {
  const auto settings = Parsed(url);
  if (settings.ok()) return "no error";
  EXPECT_EQ(settings.error().code, Code::kInvalid);
  return settings.error().message;
}

TEST(RedisSettings, AreReadFromTheUrl) {
  const auto plain = Parsed("redis://localhost");
  ASSERT_TRUE(plain.ok()) << plain.error().message;
  EXPECT_EQ(plain.value().endpoint.text(), "localhost:6379");
  EXPECT_EQ(plain.value().prefix, "");
  EXPECT_EQ(plain.value().database, 0);
  EXPECT_EQ(plain.value().ttl.count(), 0);
  EXPECT_FALSE(plain.value().trust.has_value());
  const auto full = Parsed("rediss://me:p%40ss%2F@cache.example.com:1234/jobs/1/?db=5&ttl=1.5h");
  ASSERT_TRUE(full.ok()) << full.error().message;
  EXPECT_EQ(full.value().endpoint.text(), "cache.example.com:1234");
  EXPECT_EQ(full.value().user, "me");
  EXPECT_EQ(full.value().password, "p@ss/");
  EXPECT_EQ(full.value().prefix, "jobs/1/");
  EXPECT_EQ(full.value().database, 5);
  EXPECT_EQ(full.value().ttl, std::chrono::minutes(90));
  EXPECT_TRUE(full.value().trust.has_value());
}

TEST(RedisSettings, CredentialsOfTheUrlComeFirst) {
  const Environment environment({{"LAMBDAML_CHANNEL_USER", "env-user"}, {"LAMBDAML_CHANNEL_PASSWORD", "env-password"}});
  const auto credentials = [&environment](std::string_view url) {
    const auto settings = Parsed(url, environment);
    return settings.ok() ? StrCat(settings.value().user, " ", settings.value().password) : settings.error().message;
  };
  EXPECT_EQ(credentials("redis://localhost"), "env-user env-password");
  EXPECT_EQ(credentials("redis://me@localhost"), "me env-password");
  EXPECT_EQ(credentials("redis://:mine@localhost"), " mine");
  EXPECT_EQ(credentials("redis://me:mine@localhost"), "me mine");
}

TEST(RedisSettings, NothingIsSentUnencryptedToAnotherMachineUnasked) {
  EXPECT_NE(ErrorOf("redis://cache.example.com/x").find("unencrypted"), std::string::npos);
  EXPECT_EQ(ErrorOf("redis://cache.example.com/x?tls=off"), "no error");
  EXPECT_EQ(ErrorOf("redis://127.0.0.1/x"), "no error");
  EXPECT_NE(ErrorOf("redis://127.0.0.1/x?tls=on").find("rediss://"), std::string::npos);
}

TEST(RedisSettings, WhatIsWrongIsNamed) {
  EXPECT_NE(ErrorOf("redis://localhost/x?colour=red").find("'colour'; known are db, tls, ttl"), std::string::npos);
  EXPECT_NE(ErrorOf("rediss://localhost/x?tls=off").find("known are ca, db, ttl"), std::string::npos);
  EXPECT_NE(ErrorOf("redis://localhost/x?db=-1").find("db=-1"), std::string::npos);
  EXPECT_NE(ErrorOf("redis://localhost/x?db=one").find("db=one"), std::string::npos);
  EXPECT_NE(ErrorOf("redis://localhost/x?ttl=5").find("ttl=5"), std::string::npos);
  EXPECT_NE(ErrorOf("redis://localhost/x?ttl=1ms").find("ttl=1ms"), std::string::npos);
  EXPECT_NE(ErrorOf("rediss://localhost/x?ca=/nonexistent").find("/nonexistent"), std::string::npos);
  EXPECT_NE(ErrorOf("redis:///x").find("redis://host"), std::string::npos);
  EXPECT_NE(ErrorOf("redis://a:b:c/x").find("redis://host"), std::string::npos);
}

TEST(RedisSettings, APasswordThatIsNotEncodedIsNotShown) {
  for (const char* const url :
       {"redis://me:sec/ret@localhost/x", "redis://me:secret/1@localhost", "redis://me:se#cret:1@local host/x"}) {
    const std::string message = ErrorOf(url);
    EXPECT_EQ(message.find("sec"), std::string::npos) << message;
    EXPECT_EQ(message.find("ret@"), std::string::npos) << message;
    EXPECT_NE(message.find("%2F"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace lambdaml::redis
