// SPDX-License-Identifier: Apache-2.0
// Where credentials are found: real files, processes and HTTP servers, with the time of the test.
#include "net/aws/credentials.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "net/http_server.h"

namespace lambdaml::aws {
namespace {

using Variables = std::map<std::string, std::string>;

// Stands still unless the test moves it.
class TestClock final : public Clock {
 public:
  Time Now() const override { return Time(std::chrono::milliseconds(unix_ms)); }
  void SleepUntil(Time /*time*/) override {}
  std::int64_t UnixMs() const override { return unix_ms; }

  std::atomic<std::int64_t> unix_ms = 1'709'251'199'000;  // 2024-02-29T23:59:59Z
};

class AwsCredentials : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, std::string_view text) {
    const std::string path = folder_.path() / name;
    EXPECT_TRUE(WriteFileAtomically(path, AsBytes(text), Durability::kProcess).ok());
    return path;
  }

  // With a home folder of the test's, and no instance.
  Result<Credentials> Get(Variables variables) {
    variables.insert({{"HOME", folder_.path()}, {"AWS_EC2_METADATA_DISABLED", "true"}});
    return CredentialChain(Environment(std::move(variables)), clock_).Get();
  }

  std::string ErrorOf(const Variables& variables) {
    const auto credentials = Get(variables);
    EXPECT_FALSE(credentials.ok());
    if (credentials.ok()) return "";
    EXPECT_EQ(credentials.error().code, Code::kInvalid) << credentials.error().message;
    EXPECT_EQ(credentials.error().message.find('\n'), std::string::npos) << credentials.error().message;
    EXPECT_EQ(credentials.error().message.find("hush"), std::string::npos) << credentials.error().message;
    return credentials.error().message;
  }

  TestClock clock_;
  TemporaryFolder folder_ = TemporaryFolder::Make().value();
};

void ExpectContains(std::string_view text, std::string_view part) {
  EXPECT_NE(text.find(part), std::string_view::npos) << text;
}

TEST_F(AwsCredentials, EnvironmentComesFirst) {
  Write(".aws/credentials", "[default]\naws_access_key_id = file\naws_secret_access_key = hush\n");
  const Credentials user = Get({{"AWS_ACCESS_KEY_ID", "env"}, {"AWS_SECRET_ACCESS_KEY", "secret"}}).value();
  EXPECT_EQ(user.access_key, "env");
  EXPECT_EQ(user.secret_key, "secret");
  EXPECT_EQ(user.session_token, "");
  EXPECT_FALSE(user.expires_unix_ms.has_value());
  const Credentials session =
      Get({{"AWS_ACCESS_KEY_ID", "env"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "token"}}).value();
  EXPECT_EQ(session.session_token, "token");
}

TEST_F(AwsCredentials, IncompleteOrImpossibleKeysAreRefused) {
  ExpectContains(ErrorOf({{"AWS_ACCESS_KEY_ID", "env"}}), "AWS_SECRET_ACCESS_KEY");
  ExpectContains(ErrorOf({{"AWS_SECRET_ACCESS_KEY", "hush"}}), "AWS_ACCESS_KEY_ID");
  ExpectContains(ErrorOf({{"AWS_ACCESS_KEY_ID", "a\r\nX: y"}, {"AWS_SECRET_ACCESS_KEY", "hush"}}), "character");
}

TEST_F(AwsCredentials, ProfilesOfTheFiles) {
  Write(".aws/credentials",
        "[default]\naws_access_key_id = one\naws_secret_access_key = s1\n"
        "[dev]\naws_access_key_id = two\naws_secret_access_key = s2\naws_session_token = t2\n");
  EXPECT_EQ(Get({}).value().access_key, "one");
  const Credentials dev = Get({{"AWS_PROFILE", "dev"}}).value();
  EXPECT_EQ(dev.access_key, "two");
  EXPECT_EQ(dev.secret_key, "s2");
  EXPECT_EQ(dev.session_token, "t2");
  ExpectContains(ErrorOf({{"AWS_PROFILE", "prod"}}), "AWS_PROFILE is 'prod'");
}

TEST_F(AwsCredentials, NothingFoundTellsWhereAndWhat) {
  const std::string message = ErrorOf({});
  ExpectContains(message, StrCat(folder_.path().string(), "/.aws/credentials"));
  ExpectContains(message, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
}

TEST_F(AwsCredentials, WaysThatAreNotSupportedAreNamed) {
  Write(".aws/config",
        "[profile role]\nrole_arn = arn:x\nsource_profile = default\n"
        "[profile sso]\nsso_session = company\n"
        "[profile helped]\nsso_session = company\naws_access_key_id = key\naws_secret_access_key = secret\n");
  for (const std::string name : {"role", "sso"}) {
    const std::string message = ErrorOf({{"AWS_PROFILE", name}});
    ExpectContains(message, StrCat("the AWS profile '", name, "'"));
    ExpectContains(message, StrCat("aws configure export-credentials --profile ", name));
  }
  EXPECT_EQ(Get({{"AWS_PROFILE", "helped"}}).value().access_key, "key");
  ExpectContains(ErrorOf({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}}), "AWS_WEB_IDENTITY_TOKEN_FILE");
}

class AwsCredentialProcess : public AwsCredentials {
 protected:
  // A profile with a program that runs `script`.
  void Program(std::string_view script) {
    const std::string path = Write("my program", StrCat("#!/bin/sh\n", script, "\n"));
    chmod(path.c_str(), 0700);
    Write(".aws/config", StrCat("[default]\ncredential_process = \"", path, "\" 'one word' two\n"));
  }
};

TEST_F(AwsCredentialProcess, AnswerIsRead) {
  Program(R"(echo '{"Version": 1, "AccessKeyId": "'$#'", "SecretAccessKey": "s", "SessionToken": "t",)"
          R"( "Expiration": "2024-03-01T01:00:00Z"}')");
  const auto credentials = Get({});
  ASSERT_TRUE(credentials.ok()) << credentials.error().message;
  EXPECT_EQ(credentials.value().access_key, "2");
  EXPECT_EQ(credentials.value().secret_key, "s");
  EXPECT_EQ(credentials.value().session_token, "t");
  EXPECT_EQ(credentials.value().expires_unix_ms, clock_.unix_ms + 3'601'000);
}

TEST_F(AwsCredentialProcess, FailuresAreTold) {
  Program("echo please log in >&2; exit 3");
  ExpectContains(ErrorOf({}), "ended with exit code 3: please log in");
  Program("echo hush");
  ExpectContains(ErrorOf({}), "\"Version\": 1");
  Program(R"(echo '{"Version": 2, "AccessKeyId": "k", "SecretAccessKey": "hush"}')");
  ExpectContains(ErrorOf({}), "\"Version\": 1");
  Program(R"(echo '{"Version": 1, "SecretAccessKey": "hush"}')");
  ExpectContains(ErrorOf({}), "access key");
  Program(R"(echo '{"Version": 1, "AccessKeyId": "k", "SecretAccessKey": "hush", "Expiration": "soon"}')");
  ExpectContains(ErrorOf({}), "soon");
  Program("head -c 100000 /dev/zero");
  ExpectContains(ErrorOf({}), "wrote more than 65536 bytes");
  Write(".aws/config", "[default]\ncredential_process = /there/is/none --key hush\n");
  ExpectContains(ErrorOf({}), "cannot run /there/is/none");
}

TEST_F(AwsCredentialProcess, WhatHasExpiredAlreadyIsNotUsed) {
  Program(R"(echo '{"Version": 1, "AccessKeyId": "k", "SecretAccessKey": "s", "Expiration": "2020-01-01T00:00:00Z"}')");
  const auto credentials = Get({});
  ASSERT_FALSE(credentials.ok());
  EXPECT_EQ(credentials.error().code, Code::kUnavailable);
}

// The endpoint of a container: gives the key "key1", then "key2", and so on, each for an hour.
class AwsCredentialEndpoint : public AwsCredentials {
 protected:
  HttpResponse Answer(const HttpRequest& request) {
    if (request.url != "/creds?x=1" || Find(request.headers, "Authorization") != "Bearer me") return {.status = 403};
    if (broken_) return {.status = 503};
    const std::int64_t hour = ++answers_;
    return {200,
            {},
            StrCat(R"({"AccessKeyId": "key)", hour, R"(", "SecretAccessKey": "s", "Token": "t", "Expiration": )",
                   "\"2024-03-01T0", hour - 1, ":59:59Z\"}")};
  }

  Variables Container() const {
    return {{"HOME", folder_.path()},
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI", StrCat("http://", server_->address(), "/creds?x=1")},
            {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer me"}};
  }

  std::atomic<int> answers_ = 0;
  std::atomic<bool> broken_ = false;
  std::unique_ptr<HttpServer> server_ =
      HttpServer::Start([this](const HttpRequest& request) { return Answer(request); }).value();
};

TEST_F(AwsCredentialEndpoint, IsAskedAgainFiveMinutesBeforeTheyExpire) {
  CredentialChain chain(Environment(Container()), clock_);
  EXPECT_EQ(chain.Get().value().access_key, "key1");
  clock_.unix_ms += 55 * 60 * 1000 - 1;
  EXPECT_EQ(chain.Get().value().access_key, "key1");
  EXPECT_EQ(chain.Get().value().session_token, "t");
  clock_.unix_ms += 1;
  EXPECT_EQ(chain.Get().value().access_key, "key2");
}

TEST_F(AwsCredentialEndpoint, OldOnesServeUntilTheyExpire) {
  CredentialChain chain(Environment(Container()), clock_);
  EXPECT_EQ(chain.Get().value().access_key, "key1");
  broken_ = true;
  clock_.unix_ms += 56 * 60 * 1000;
  EXPECT_EQ(chain.Get().value().access_key, "key1");
  clock_.unix_ms += 4 * 60 * 1000;
  const auto expired = chain.Get();
  ASSERT_FALSE(expired.ok());
  EXPECT_EQ(expired.error().code, Code::kUnavailable);
  ExpectContains(expired.error().message, server_->address());
  broken_ = false;
  EXPECT_EQ(chain.Get().value().access_key, "key2");
}

TEST_F(AwsCredentialEndpoint, ThreadsShareOneAnswer) {
  CredentialChain chain(Environment(Container()), clock_);
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&chain] { EXPECT_EQ(chain.Get().value().access_key, "key1"); });
  }
  threads.clear();
  EXPECT_EQ(answers_, 1);
}

TEST_F(AwsCredentialEndpoint, TokenOfAFileIsReadEachTime) {
  Variables variables = Container();
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "hush";
  ExpectContains(ErrorOf(variables), "HTTP status 403");
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = Write("token", "Bearer me\n");
  EXPECT_EQ(Get(variables).value().access_key, "key1");
  Write("token", "Bearer\nhush");
  ExpectContains(ErrorOf(variables), "line break");
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/there/is/none";
  EXPECT_FALSE(Get(variables).ok());
}

TEST_F(AwsCredentialEndpoint, NobodyThereIsUnavailable) {
  const Variables variables = Container();
  server_.reset();
  const auto credentials = Get(variables);
  ASSERT_FALSE(credentials.ok());
  EXPECT_EQ(credentials.error().code, Code::kUnavailable);
}

// The metadata service of an instance with a role.
class AwsInstance : public AwsCredentials {
 protected:
  HttpResponse Answer(const HttpRequest& request) {
    constexpr std::string_view kRoles = "/latest/meta-data/iam/security-credentials/";
    if (request.url == "/latest/api/token") {
      const bool right =
          request.method == "PUT" && Find(request.headers, "X-aws-ec2-metadata-token-ttl-seconds") == "21600";
      return {right ? token_status_.load() : 400, {}, "session"};
    }
    if (request.method != "GET" || Find(request.headers, "X-aws-ec2-metadata-token") != "session")
      return {.status = 401};
    if (request.url == kRoles) return {has_role_ ? 200 : 404, {}, "my-role\n"};
    if (request.url != StrCat(kRoles, "my-role")) return {.status = 404};
    return {200,
            {},
            R"({"Code": "Success", "AccessKeyId": "key", "SecretAccessKey": "s", "Token": "t",)"
            R"( "Expiration": "2024-03-01T06:00:00Z"})"};
  }

  Variables Instance() const {
    return {{"AWS_EC2_METADATA_DISABLED", "false"},
            {"AWS_EC2_METADATA_SERVICE_ENDPOINT", StrCat("http://", server_->address(), "/")}};
  }

  std::atomic<int> token_status_ = 200;
  std::atomic<bool> has_role_ = true;
  std::unique_ptr<HttpServer> server_ =
      HttpServer::Start([this](const HttpRequest& request) { return Answer(request); }).value();
};

TEST_F(AwsInstance, GivesTheCredentialsOfItsRole) {
  const auto credentials = Get(Instance());
  ASSERT_TRUE(credentials.ok()) << credentials.error().message;
  EXPECT_EQ(credentials.value().access_key, "key");
  EXPECT_EQ(credentials.value().session_token, "t");
  EXPECT_EQ(credentials.value().expires_unix_ms, 1'709'272'800'000);
}

TEST_F(AwsInstance, WithoutARoleNothingIsFound) {
  has_role_ = false;
  ExpectContains(ErrorOf(Instance()), "no AWS credentials");
}

TEST_F(AwsInstance, IsNotAskedWhenDisabled) {
  Variables variables = Instance();
  variables["AWS_EC2_METADATA_DISABLED"] = "true";
  ExpectContains(ErrorOf(variables), "no AWS credentials");
}

TEST_F(AwsInstance, RefusalsAndFailuresAreTold) {
  token_status_ = 403;
  ExpectContains(ErrorOf(Instance()), "HTTP status 403");
  token_status_ = 503;
  EXPECT_EQ(Get(Instance()).error().code, Code::kUnavailable);
  const Variables variables = Instance();
  server_.reset();
  EXPECT_EQ(Get(variables).error().code, Code::kUnavailable);
}

TEST_F(AwsCredentials, RegionAndEndpoint) {
  Write(".aws/config",
        "[default]\nregion = eu-west-3\nendpoint_url = http://all\nservices = mine\n"
        "[services mine]\ndynamodb =\n  endpoint_url = http://dynamodb\n");
  const auto with = [this](Variables variables) {
    variables["HOME"] = folder_.path();
    return Environment(variables);
  };
  EXPECT_EQ(RegionOf(Environment()), "us-east-1");
  EXPECT_EQ(RegionOf(with({})), "eu-west-3");
  EXPECT_EQ(RegionOf(with({{"AWS_DEFAULT_REGION", "b"}})), "b");
  EXPECT_EQ(RegionOf(with({{"AWS_REGION", "a"}, {"AWS_DEFAULT_REGION", "b"}})), "a");
  EXPECT_EQ(EndpointOf(Environment(), "S3"), "");
  EXPECT_EQ(EndpointOf(with({}), "S3"), "http://all");
  EXPECT_EQ(EndpointOf(with({}), "DYNAMODB"), "http://dynamodb");
  EXPECT_EQ(EndpointOf(with({{"AWS_ENDPOINT_URL", "http://env"}}), "DYNAMODB"), "http://env");
  EXPECT_EQ(EndpointOf(with({{"AWS_ENDPOINT_URL", "http://env"}, {"AWS_ENDPOINT_URL_S3", "http://s3"}}), "S3"),
            "http://s3");
  EXPECT_EQ(EndpointOf(with({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}}), "S3"), "");
}

}  // namespace
}  // namespace lambdaml::aws
