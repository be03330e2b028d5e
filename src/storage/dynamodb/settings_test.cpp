// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/settings.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace lambdaml::dynamodb {
namespace {

Result<Settings> Read(const std::string& url, std::map<std::string, std::string> variables = {}) {
  return ReadSettings(Url::Parse(url).value(), Environment(std::move(variables)));
}

std::string Refusal(const std::string& url) {
  const Result<Settings> settings = Read(url);
  if (settings.ok()) return "accepted";
  EXPECT_EQ(settings.error().code, Code::kInvalid);
  return settings.error().message;
}

TEST(DynamoDbSettings, ATableIsEnough) {
  const Settings settings = Read("dynamodb://jobs").value();
  EXPECT_EQ(settings.name, "dynamodb://jobs");
  EXPECT_EQ(settings.table, "jobs");
  EXPECT_EQ(settings.prefix, "");
  EXPECT_EQ(settings.region, "us-east-1");
  EXPECT_EQ(settings.endpoint, "https://dynamodb.us-east-1.amazonaws.com");
  EXPECT_EQ(settings.server(), "dynamodb.us-east-1.amazonaws.com");
  EXPECT_FALSE(settings.create);
  EXPECT_FALSE(settings.time_to_live.has_value());
}

TEST(DynamoDbSettings, TheUrlComesBeforeTheEnvironment) {
  const std::map<std::string, std::string> variables{{"AWS_REGION", "eu-west-1"},
                                                     {"AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:1/"},
                                                     {"AWS_CA_BUNDLE", "bundle.pem"},
                                                     {"SSL_CERT_FILE", "file.pem"}};
  const Settings by_environment = Read("dynamodb://jobs/a", variables).value();
  EXPECT_EQ(by_environment.region, "eu-west-1");
  EXPECT_EQ(by_environment.endpoint, "http://localhost:1");
  EXPECT_EQ(by_environment.ca_file, "bundle.pem");
  const Settings by_url =
      Read("dynamodb://jobs/a?region=eu-central-1&endpoint=https://b:2&ca=own.pem&create=true&ttl=90m", variables)
          .value();
  EXPECT_EQ(by_url.region, "eu-central-1");
  EXPECT_EQ(by_url.endpoint, "https://b:2");
  EXPECT_EQ(by_url.server(), "b:2");
  EXPECT_EQ(by_url.ca_file, "own.pem");
  EXPECT_TRUE(by_url.create);
  EXPECT_EQ(by_url.time_to_live, std::chrono::seconds(5400));
}

TEST(DynamoDbSettings, APrefixEndsInASlash) {
  EXPECT_EQ(Read("dynamodb://jobs/").value().prefix, "");
  EXPECT_EQ(Read("dynamodb://jobs/a/b").value().prefix, "a/b/");
  EXPECT_EQ(Read("dynamodb://jobs/a/b/").value().prefix, "a/b/");
}

TEST(DynamoDbSettings, WhatIsWrongIsNamed) {
  const auto names = [](const std::string& url, const std::string& what) {
    EXPECT_NE(Refusal(url).find(what), std::string::npos) << Refusal(url);
  };
  names("dynamodb:", "name a table");
  names("dynamodb:///prefix", "name a table");
  names("dynamodb://ab", "3 to 255 characters");
  names("dynamodb://user:secret@jobs", "3 to 255 characters");
  names("dynamodb://jobs?tll=1h", "no setting 'tll'; known are ca, create, endpoint, region, ttl");
  names("dynamodb://jobs?create=yes", "create=yes must be true or false");
  names("dynamodb://jobs?ttl=1", "ttl=1 must be a duration");
  names("dynamodb://jobs?ttl=", "ttl= must be a duration");
  names("dynamodb://jobs?ttl=10ms", "ttl=10ms must be a duration");
  names("dynamodb://jobs?endpoint=localhost:8000", "the endpoint must be http://host:port");
  names("dynamodb://jobs?endpoint=http://u:secret@host", "the endpoint must be http://host:port");
  names("dynamodb://jobs/\xFF", "not UTF-8");
  names(StrCat("dynamodb://jobs/", std::string(1024, 'p')), "the prefix has 1025 bytes");
  EXPECT_EQ(Refusal("dynamodb://user:secret@jobs").find("secret"), std::string::npos);
  EXPECT_EQ(Refusal("dynamodb://jobs?endpoint=http://u:secret@host").find("secret"), std::string::npos);
}

}  // namespace
}  // namespace lambdaml::dynamodb
