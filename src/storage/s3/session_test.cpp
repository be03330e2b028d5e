// SPDX-License-Identifier: Apache-2.0
// A stand-in for a directory bucket, after the public documentation: it gives out sessions that end after five minutes,
// wants every other request signed by one, lists in no order, and takes only prefixes that end in a '/'.

#include "storage/s3/session.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "base/text.h"
#include "net/http_server.h"
#include "storage/ops.h"
#include "storage/s3/s3_store.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml::s3 {
namespace {

constexpr std::string_view kBucketPath = "/fast--usw2-az1--x-s3/";

class DirectoryBucket {
 public:
  explicit DirectoryBucket(const Clock& clock) : clock_(clock) {}

  HttpResponse Answer(const HttpRequest& request);

  int sessions() const { return sessions_; }
  const std::vector<std::string>& mistakes() const { return mistakes_; }

 private:
  bool IsSignedBy(const HttpRequest& request, const aws::Credentials& who, std::string_view token_header) const;
  HttpResponse CreateSession(const HttpRequest& request);
  HttpResponse List(std::string_view query);
  HttpResponse Serve(const HttpRequest& request);
  HttpResponse Refuse(const std::string& why) {
    mistakes_.push_back(why);
    return {.status = 403, .headers = {}, .body = "<Error><Code>AccessDenied</Code></Error>"};
  }
  aws::Credentials Session() const {
    return {.access_key = StrCat("session-", sessions_),
            .secret_key = StrCat("key-", sessions_),
            .session_token = StrCat("token-", sessions_),
            .expires_unix_ms = {}};
  }

  const Clock& clock_;
  std::mutex mutex_;
  int sessions_ = 0;
  Clock::Time session_made_;
  std::map<std::string, std::string, std::greater<>> objects_;
  std::vector<std::string> mistakes_;
};

// Signs what was received once more.
bool DirectoryBucket::IsSignedBy(const HttpRequest& request, const aws::Credentials& who,
                                 std::string_view token_header) const {
  const std::string_view given = Find(request.headers, "Authorization");
  HttpRequest again{.method = request.method,
                    .url = StrCat("http://", Find(request.headers, "Host"), request.url),
                    .headers = {},
                    .body = request.body};
  const std::size_t names = given.find("SignedHeaders=") + 14;
  for (const std::string_view name : SplitText(given.substr(names, given.find(',', names) - names), ';')) {
    again.headers.emplace(name, Find(request.headers, name));
  }
  aws::Signer({.service = "s3express", .region = "us-west-2"})
      .Sign(again, who, clock_.UnixMs(), aws::PayloadHash::kSigned, token_header);
  return Find(again.headers, "Authorization") == given;
}

HttpResponse DirectoryBucket::CreateSession(const HttpRequest& request) {
  const aws::Credentials user{
      .access_key = "id", .secret_key = "secret", .session_token = "user-token", .expires_unix_ms = {}};
  if (!IsSignedBy(request, user, "X-Amz-Security-Token")) return Refuse("a session for somebody else");
  if (Find(request.headers, "x-amz-create-session-mode") != "ReadWrite") return Refuse("a session of no mode");
  ++sessions_;
  session_made_ = clock_.Now();
  const aws::Credentials session = Session();
  return {.status = 200,
          .headers = {},
          .body = StrCat("<CreateSessionResult><Credentials><SessionToken>", session.session_token,
                         "</SessionToken><SecretAccessKey>", session.secret_key, "</SecretAccessKey><AccessKeyId>",
                         session.access_key, "</AccessKeyId></Credentials></CreateSessionResult>")};
}

HttpResponse DirectoryBucket::Answer(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  if (request.url == StrCat(kBucketPath, "?session=")) return CreateSession(request);
  if (sessions_ == 0 || clock_.Now() - session_made_ > std::chrono::minutes(5)) return Refuse("without a session");
  if (!IsSignedBy(request, Session(), "x-amz-s3session-token")) return Refuse("signed wrongly");
  if (!Find(request.headers, "X-Amz-Security-Token").empty()) return Refuse("with the user's token");
  return Serve(request);
}

HttpResponse DirectoryBucket::Serve(const HttpRequest& request) {
  const std::size_t question = std::min(request.url.find('?'), request.url.size());
  const std::string_view query = std::string_view(request.url).substr(question);
  if (query.starts_with("?delete")) {
    if (Find(request.headers, "x-amz-checksum-crc32c").size() != 8) return Refuse("a delete without a checksum");
    objects_.clear();
    return {.status = 200, .headers = {}, .body = "<DeleteResult/>"};
  }
  if (!query.empty()) return List(query);
  std::string& object = objects_[request.url];
  if (request.method == "PUT") object = request.body;
  return {.status = 200, .headers = {{"ETag", "\"t\""}}, .body = request.method == "PUT" ? "" : object};
}

HttpResponse DirectoryBucket::List(std::string_view query) {
  const std::string prefix = PercentDecoded(query.substr(query.find("prefix=") + 7));
  if (!prefix.empty() && !prefix.ends_with('/')) return Refuse("a prefix that is no folder");
  std::string body = "<ListBucketResult>";
  for (const auto& [url, value] : objects_) {
    const std::string key = PercentDecoded(std::string_view(url).substr(kBucketPath.size()));
    if (!key.starts_with(prefix)) continue;
    body += StrCat("<Contents><Key>", key, "</Key><Size>", value.size(), "</Size></Contents>");
  }
  return {.status = 200, .headers = {}, .body = body + "</ListBucketResult>"};
}

class SessionTest : public ::testing::Test {
 protected:
  VirtualClock clock_;
  DirectoryBucket bucket_{clock_};
  std::unique_ptr<HttpServer> server_ =
      HttpServer::Start([this](const HttpRequest& request) { return bucket_.Answer(request); }).value();
  std::unique_ptr<Store> store_ =
      s3::Open(Url::Parse(StrCat("s3://fast--usw2-az1--x-s3/job?region=us-west-2&endpoint=http://", server_->address()))
                   .value(),
               {.clock = clock_,
                .environment = Environment({{"AWS_ACCESS_KEY_ID", "id"},
                                            {"AWS_SECRET_ACCESS_KEY", "secret"},
                                            {"AWS_SESSION_TOKEN", "user-token"}})})
          .value();
};

using Texts = std::vector<std::string>;

TEST_F(SessionTest, ASessionSignsEveryRequestAndIsRenewedInTime) {
  for (int minute = 0; minute < 9; ++minute) {
    const auto saved = Save(*store_, Key("a b"), AsBytes(StrCat(minute)));
    ASSERT_TRUE(saved.ok()) << saved.error().message;
    EXPECT_EQ(Load(*store_, Key("a b")).value().text(), StrCat(minute));
    clock_.Advance(std::chrono::minutes(1));
  }
  EXPECT_EQ(bucket_.sessions(), 3);  // at minutes 0, 4 and 8
  EXPECT_EQ(bucket_.mistakes(), Texts());
}

TEST_F(SessionTest, ADirectoryBucketIsListedInOrderAndByAnyPrefix) {
  for (const char* const key : {"x/1", "x/10", "x/2", "y"}) ASSERT_TRUE(Save(*store_, Key(key), {}).ok());
  const auto listed = [this](const char* prefix) {
    Texts keys;
    for (const Entry& entry : store_->List(Key(prefix)).value()) keys.push_back(entry.key.text());
    return keys;
  };
  EXPECT_EQ(listed(""), (Texts{"x/1", "x/10", "x/2", "y"}));
  EXPECT_EQ(listed("x/1"), (Texts{"x/1", "x/10"}));
  EXPECT_TRUE(Remove(*store_, Key("y")).ok());
  EXPECT_EQ(listed(""), Texts());
  EXPECT_EQ(bucket_.mistakes(), Texts());
}

}  // namespace
}  // namespace lambdaml::s3
