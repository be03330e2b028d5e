// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/settings.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace lambdaml::memcached {
namespace {

using std::chrono::seconds;

Result<Settings> Parse(std::string_view url, std::map<std::string, std::string> variables = {}) {
  return ParseSettings(Url::Parse(url).value(), Environment(std::move(variables)));
}

TEST(MemcachedSettings, HaveDefaults) {
  const Settings local = Parse("memcached://127.0.0.1").value();
  ASSERT_EQ(local.endpoints.size(), 1U);
  EXPECT_EQ(local.endpoints[0].text(), "127.0.0.1:11211");
  EXPECT_EQ(local.prefix, "");
  EXPECT_FALSE(local.tls);
  EXPECT_FALSE(local.discovery);
  EXPECT_EQ(local.item_bytes, 1'000'000U);
  EXPECT_EQ(local.ttl, seconds(0));
  EXPECT_TRUE(local.user.empty());
  const Settings remote = Parse("memcached://127.0.0.1,cache.example:1/x//", {{"SSL_CERT_FILE", "/ca.pem"}}).value();
  EXPECT_EQ(remote.endpoints[1].text(), "cache.example:1");
  EXPECT_EQ(remote.prefix, "x/");
  EXPECT_TRUE(remote.tls);
  EXPECT_EQ(remote.ca_file, "/ca.pem");
}

TEST(MemcachedSettings, AreReadFromTheUrl) {
  const Settings settings =
      Parse("memcached://a:1/x/y?tls=off&ca=/my.pem&ttl=1500ms&item=64MiB&discovery=on", {{"SSL_CERT_FILE", "/ca.pem"}})
          .value();
  EXPECT_FALSE(settings.tls);
  EXPECT_TRUE(settings.discovery);
  EXPECT_EQ(settings.prefix, "x/y/");
  EXPECT_EQ(settings.ca_file, "/my.pem");
  EXPECT_EQ(settings.ttl, seconds(2));
  EXPECT_EQ(settings.item_bytes, 64U << 20U);
}

TEST(MemcachedSettings, KnowElastiCachesConfigurationEndpoints) {
  EXPECT_TRUE(Parse("memcached://jobs.ab12cd.cfg.use1.cache.amazonaws.com:11211/x").value().discovery);
  EXPECT_FALSE(Parse("memcached://jobs.ab12cd.cfg.use1.cache.amazonaws.com/x?discovery=off").value().discovery);
  EXPECT_FALSE(Parse("memcached://jobs.ab12cd.0001.use1.cache.amazonaws.com/x").value().discovery);
}

TEST(MemcachedSettings, TakeCredentialsFromTheUrlOrTheEnvironment) {
  const std::map<std::string, std::string> variables{{"LAMBDAML_CHANNEL_USER", "worker"},
                                                     {"LAMBDAML_CHANNEL_PASSWORD", "of-environment"}};
  const Settings both = Parse("memcached://us%65r:p%40ss%3a@127.0.0.1/x", variables).value();
  EXPECT_EQ(both.user, "user");
  EXPECT_EQ(both.password, "p@ss:");
  EXPECT_EQ(both.endpoints[0].text(), "127.0.0.1:11211");
  EXPECT_EQ(Parse("memcached://127.0.0.1", variables).value().user, "worker");
  EXPECT_EQ(Parse("memcached://other@127.0.0.1", variables).value().password, "of-environment");
}

TEST(MemcachedSettings, RepeatNoPieceOfAPassword) {
  for (const char* const url : {"memcached://user:98/cret@127.0.0.1/x", "memcached://user:se/cret@127.0.0.1/x"}) {
    const auto settings = Parse(url);
    ASSERT_FALSE(settings.ok());
    EXPECT_EQ(settings.error().code, Code::kInvalid);
    EXPECT_EQ(settings.error().message.find("98"), std::string::npos) << settings.error().message;
    EXPECT_EQ(settings.error().message.find("se/"), std::string::npos) << settings.error().message;
    EXPECT_EQ(settings.error().message.find("cret"), std::string::npos) << settings.error().message;
  }
}

TEST(MemcachedSettings, RefuseWhatIsWrong) {
  for (const char* const url : {"memcached:",
                                "memcached:///x",
                                "memcached://",
                                "memcached://:1",
                                "memcached://a:0",
                                "memcached://a:99999",
                                "memcached://a,a",
                                "memcached://a,a:11211",
                                "memcached://a,",
                                "memcached://user@a",
                                "memcached://:pw@a",
                                "memcached://a%20b:pw@a",
                                "memcached://a:p%0aw@a",
                                "memcached://a?tls=maybe",
                                "memcached://a?ttl=0",
                                "memcached://a?ttl=10ms",
                                "memcached://a?ttl=week",
                                "memcached://a?item=0",
                                "memcached://a?item=2GiB",
                                "memcached://a?item=x",
                                "memcached://a,b?discovery=on",
                                "memcached://a?nodes=3"}) {
    const auto settings = Parse(url);
    ASSERT_FALSE(settings.ok()) << url;
    EXPECT_EQ(settings.error().code, Code::kInvalid) << url;
    EXPECT_EQ(settings.error().message.find("pw"), std::string::npos) << settings.error().message;
    EXPECT_TRUE(settings.error().message.starts_with("memcached:")) << settings.error().message;
  }
  EXPECT_EQ(Parse(StrCat("memcached://a/", std::string(120, 'x'))).error().code, Code::kInvalid);
  EXPECT_TRUE(Parse(StrCat("memcached://a/", std::string(119, 'x'))).ok());
  EXPECT_NE(Parse("memcached://a?nodes=3").error().message.find("known are ca, discovery, item, tls, ttl"),
            std::string::npos);
}

}  // namespace
}  // namespace lambdaml::memcached
