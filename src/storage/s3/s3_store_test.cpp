// SPDX-License-Identifier: Apache-2.0
// What real servers do not do when a test asks for it: objects that change while they are read, servers that break the
// protocol, parts that are refused. The server here answers each request as the test says.

#include "storage/s3/s3_store.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <mutex>

#include "base/text.h"
#include "net/http_server.h"
#include "storage/ops.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml::s3 {
namespace {

using Answer = std::function<HttpResponse(const HttpRequest&)>;

HttpResponse Refused(int status, std::string_view code) {
  return {.status = status, .headers = {}, .body = StrCat("<Error><Code>", code, "</Code></Error>")};
}

class S3StoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> Open(Answer answer) {
    answer_ = std::move(answer);
    server_ = HttpServer::Start(
                  [this](const HttpRequest& request) {
                    const std::lock_guard lock(mutex_);
                    ++seen_[StrCat(request.method, " ", request.url)];
                    return answer_(request);
                  },
                  {.request_bytes_max = std::size_t{32} << 20U})
                  .value();
    const Environment environment({{"AWS_ACCESS_KEY_ID", "id"}, {"AWS_SECRET_ACCESS_KEY", "secret"}});
    const Url url = Url::Parse(StrCat("s3://bucket?endpoint=http://", server_->address())).value();
    return s3::Open(url, {.clock = clock_, .environment = environment}).value();
  }

  // How often a request was seen that begins so.
  int Seen(std::string_view begin) {
    const std::lock_guard lock(mutex_);
    int count = 0;
    for (const auto& [request, times] : seen_) count += request.starts_with(begin) ? times : 0;
    return count;
  }

  VirtualClock clock_;

 private:
  Answer answer_;
  std::recursive_mutex mutex_;  // answers ask what was seen
  std::map<std::string, int> seen_;
  std::unique_ptr<HttpServer> server_;
};

constexpr HttpResponse (*kStored)(const HttpRequest&) = [](const HttpRequest&) {
  return HttpResponse{.status = 200, .headers = {{"ETag", "\"t\""}}, .body = {}};
};

// As a server answers a ranged GET of `value`.
HttpResponse PartOf(std::string_view value, const HttpRequest& request, std::string_view tag) {
  const std::string_view range = std::string_view(Find(request.headers, "Range")).substr(6);
  const std::size_t dash = range.find('-');
  const auto begin = static_cast<std::size_t>(ParseInteger(range.substr(0, dash)).value());
  const auto end = std::min(static_cast<std::size_t>(ParseInteger(range.substr(dash + 1)).value()) + 1, value.size());
  return {.status = 206,
          .headers = {{"ETag", std::string(tag)},
                      {"Content-Range", StrCat("bytes ", begin, "-", end - 1, "/", value.size())}},
          .body = std::string(value.substr(begin, end - begin))};
}

constexpr std::size_t kLarge = std::size_t{20} << 20U;

TEST_F(S3StoreTest, AnObjectThatChangesWhileItIsReadIsReadAgain) {
  const std::string old_value(kLarge, 'o');
  const std::string new_value(kLarge + 5, 'n');
  bool changed = false;
  const auto store = Open([&](const HttpRequest& request) {
    const std::string_view match = Find(request.headers, "If-Match");
    if (!match.empty() && match != "\"new\"") {
      changed = true;
      return Refused(412, "PreconditionFailed");
    }
    return PartOf(changed ? new_value : old_value, request, changed ? "\"new\"" : "\"old\"");
  });
  const auto loaded = Load(*store, Key("k"));
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded.value().text(), new_value);
}

// One that ignores If-Match.
TEST_F(S3StoreTest, PartsOfTwoVersionsAreNeverMixed) {
  const std::string old_value(kLarge, 'o');
  const std::string new_value(kLarge, 'n');
  int requests = 0;
  const auto store = Open([&](const HttpRequest& request) {
    const bool old = ++requests <= 2;
    return PartOf(old ? old_value : new_value, request, old ? "\"old\"" : "\"new\"");
  });
  EXPECT_EQ(Load(*store, Key("k")).value().text(), new_value);
}

TEST_F(S3StoreTest, AnObjectThatNeverStandsStillIsUnavailable) {
  const std::string value(kLarge, 'v');
  int version = 0;
  const auto store = Open([&](const HttpRequest& request) { return PartOf(value, request, StrCat(++version)); });
  const auto loaded = Load(*store, Key("k"));
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, Code::kUnavailable);
}

TEST_F(S3StoreTest, AnObjectThatIsDeletedWhileItIsReadIsAbsent) {
  const std::string value(kLarge, 'v');
  const auto store = Open([&, first = true](const HttpRequest& request) mutable {
    return std::exchange(first, false) ? PartOf(value, request, "\"t\"") : Refused(404, "NoSuchKey");
  });
  EXPECT_EQ(Load(*store, Key("k")).error().code, Code::kNotFound);
}

TEST_F(S3StoreTest, AServerThatKnowsNoRangesSendsAllOfIt) {
  const auto store = Open([](const HttpRequest&) {
    return HttpResponse{.status = 200, .headers = {{"ETag", "\"t\""}}, .body = "0123456789"};
  });
  EXPECT_EQ(Load(*store, Key("k")).value().text(), "0123456789");
  const Range range{.key = Key("k"), .offset = 2, .length = 3};
  const auto part = store->Read({&range, 1});
  ASSERT_TRUE(part.ok()) << part.error().message;
  EXPECT_EQ(part.value()[0]->bytes.text(), "234");
  EXPECT_EQ(part.value()[0]->value_bytes, 10U);
}

TEST_F(S3StoreTest, AnswersThatNoS3ServerGivesAreRefused) {
  const auto with = [](int status, const char* place, std::string body, const char* tag = "\"t\"") {
    HttpResponse response{.status = status, .headers = {{"Content-Range", place}}, .body = std::move(body)};
    if (tag != nullptr) response.headers.emplace("ETag", tag);
    return response;
  };
  for (const HttpResponse& answer :
       {with(206, "", "abc"), with(206, "bytes", "abc"), with(206, "bytes 1-3/9", "abc"),
        with(206, "bytes 0-2/2", "abc"), with(206, "bytes 0-2/-1", "abc"), with(206, "bytes 0--1/3", ""),
        with(206, "bytes 0-2/x", "abc"), with(206, "bytes 0-2/4611686018427387904", "abc"),
        with(206, "bytes 0-2/3", "abc", nullptr), with(200, "", "<html>", nullptr), with(204, "", ""),
        with(404, "", "<html>not found</html>")}) {
    const auto store = Open([&answer](const HttpRequest& request) {
      return request.method == "PUT" ? HttpResponse{.status = 200, .headers = {}, .body = "<html>"} : answer;
    });
    const auto loaded = Load(*store, Key("k"));
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().code, Code::kInvalid) << loaded.error().message;
    EXPECT_EQ(loaded.error().message.find('\n'), std::string::npos);
    EXPECT_EQ(Save(*store, Key("k"), {}).error().code, Code::kInvalid);
    EXPECT_EQ(store->List(Key()).error().code, Code::kInvalid);
    EXPECT_EQ(Remove(*store, Key("k")).error().code, Code::kInvalid);
  }
}

TEST_F(S3StoreTest, AListThatNeverEndsIsRefused) {
  const auto store = Open([](const HttpRequest&) {
    return HttpResponse{.status = 200,
                        .headers = {},
                        .body =
                            "<ListBucketResult><IsTruncated>true</IsTruncated>"
                            "<NextContinuationToken>same</NextContinuationToken></ListBucketResult>"};
  });
  EXPECT_EQ(store->List(Key()).error().code, Code::kInvalid);
}

TEST_F(S3StoreTest, ADeleteThatFailsForOneKeyNamesIt) {
  const auto store = Open([](const HttpRequest& request) {
    EXPECT_EQ(request.url, "/bucket/?delete=");
    EXPECT_EQ(Find(request.headers, "Content-MD5").size(), 24U);
    return HttpResponse{.status = 200,
                        .headers = {},
                        .body = "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>"};
  });
  const std::vector<Key> keys{Key("a"), Key("b")};
  const auto deleted = store->Delete(keys);
  ASSERT_FALSE(deleted.ok());
  EXPECT_EQ(deleted.error().code, Code::kInvalid);
  EXPECT_NE(deleted.error().message.find("cannot delete b: "), std::string::npos) << deleted.error().message;
}

TEST_F(S3StoreTest, OnlyWhatFailedIsSentAgain) {
  int refusals = 2;
  const auto store = Open([&refusals](const HttpRequest& request) {
    const bool refused = request.url.ends_with("/b") && refusals-- > 0;
    return refused ? HttpResponse{.status = 503, .headers = {{"Retry-After", "1"}}, .body = {}} : kStored(request);
  });
  const std::vector<PutItem> items{{.key = Key("a"), .value = {}}, {.key = Key("b"), .value = {}}};
  const auto put = store->Put(items);
  EXPECT_TRUE(put.ok()) << put.error().message;
  EXPECT_EQ(Seen("PUT /bucket/a"), 1);
  EXPECT_EQ(Seen("PUT /bucket/b"), 3);
  EXPECT_EQ(clock_.sleeps(), std::vector<Clock::Duration>(2, std::chrono::seconds(1)));
}

TEST_F(S3StoreTest, IfAllFailsNothingIsSentAgain) {
  const auto store = Open([](const HttpRequest&) { return Refused(503, "SlowDown"); });
  const std::vector<PutItem> items{{.key = Key("a"), .value = {}}, {.key = Key("b"), .value = {}}};
  EXPECT_EQ(store->Put(items).error().code, Code::kUnavailable);
  EXPECT_EQ(Seen("PUT"), 2);
  EXPECT_TRUE(clock_.sleeps().empty());
}

TEST_F(S3StoreTest, AConditionalPutIsSentOnce) {
  const auto store = Open([](const HttpRequest& request) {
    return request.url.ends_with("/b") ? Refused(500, "InternalError") : kStored(request);
  });
  const std::vector<PutItem> items{{.key = Key("a"), .value = {}},
                                   {.key = Key("b"), .value = {}, .condition = Condition::kIfAbsent}};
  EXPECT_EQ(store->Put(items).error().code, Code::kUnavailable);
  EXPECT_EQ(Seen("PUT /bucket/b"), 1);
}

TEST_F(S3StoreTest, OfSeveralItemsWithOneKeyOnlyTheLastIsSent) {
  std::string body;
  const auto store = Open([&body](const HttpRequest& request) {
    body = request.body;
    return kStored(request);
  });
  const std::vector<PutItem> items{{.key = Key("a"), .value = AsBytes("first")},
                                   {.key = Key("a"), .value = AsBytes("last")}};
  EXPECT_TRUE(store->Put(items).ok());
  EXPECT_EQ(Seen("PUT"), 1);
  EXPECT_EQ(body, "last");
}

HttpResponse AnswerParts(const HttpRequest& request, int refused_part, const HttpResponse& completed) {
  if (request.method == "POST" && request.url.ends_with("?uploads=")) {
    return {.status = 200,
            .headers = {},
            .body = "<InitiateMultipartUploadResult><UploadId>i/d</UploadId></InitiateMultipartUploadResult>"};
  }
  if (request.method == "POST") return completed;
  if (request.method == "DELETE") return {.status = 204, .headers = {}, .body = {}};
  const bool refused = request.url.find(StrCat("partNumber=", refused_part, "&")) != std::string::npos;
  return refused ? Refused(403, "AccessDenied") : kStored(request);
}

TEST_F(S3StoreTest, PartsOfAnUploadThatFailedAreRemoved) {
  const Bytes value((std::size_t{64} << 20U) + 1);
  const auto expect = [&](int refused_part, const HttpResponse& completed, Code code) {
    const int before = Seen("DELETE");
    const auto store = Open([&](const HttpRequest& request) { return AnswerParts(request, refused_part, completed); });
    const auto saved = Save(*store, Key("k"), value);
    ASSERT_FALSE(saved.ok());
    EXPECT_EQ(saved.error().code, code) << saved.error().message;
    EXPECT_EQ(Seen("DELETE /bucket/k?uploadId=i%2Fd"), before + 1);
  };
  expect(5, {}, Code::kInvalid);
  expect(0, Refused(200, "InternalError"), Code::kUnavailable);
  expect(0, {.status = 200, .headers = {}, .body = "<html>"}, Code::kInvalid);
}

TEST_F(S3StoreTest, ValuesAndKeysThatNoObjectCanHaveAreRefused) {
  const auto store = Open(kStored);
  EXPECT_EQ(store->limits().key_bytes_max, 900U);
  const std::byte one{};
  const PutItem large{.key = Key("k"), .value = {&one, (std::size_t{5} << 30U) + 1}, .condition = Condition::kIfAbsent};
  const auto put = store->Put({&large, 1});
  ASSERT_FALSE(put.ok());
  EXPECT_EQ(put.error().code, Code::kInvalid);
  EXPECT_NE(put.error().message.find("at most 5 GiB can be written with a condition"), std::string::npos);
  EXPECT_EQ(Save(*store, Key("bad\xEF\xBF\xBF"), {}).error().code, Code::kInvalid);  // U+FFFF, which XML has not
  EXPECT_EQ(Seen(""), 0);
}

}  // namespace
}  // namespace lambdaml::s3
