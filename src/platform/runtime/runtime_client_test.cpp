// SPDX-License-Identifier: Apache-2.0
// The runtime's client against the platform's end of the same API, and against servers that misbehave.
#include "platform/runtime/runtime_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/http_server.h"
#include "platform/local/runtime_exchange.h"

namespace lambdaml {
namespace {

using namespace std::chrono_literals;
using local::RuntimeExchange;

constexpr Clock::Duration kPatience = 20s;

// An exchange behind a port, and a runtime in a thread that serves until the exchange is closed.
class RuntimeTest : public ::testing::Test {
 protected:
  RuntimeTest()
      : server_(HttpServer::Start([this](const HttpRequest& request) { return exchange_.Serve(request); }).value()) {}

  void TearDown() override { Stop(); }

  void Serve(RuntimeClient::Function function) {
    runtime_ = std::jthread(
        [this, function = std::move(function)] { end_ = RuntimeClient(server_->address()).Serve(function); });
    ASSERT_EQ(exchange_.AwaitIdle(kPatience), RuntimeExchange::State::kIdle);
  }
  void Stop() {
    exchange_.Close();
    if (runtime_.joinable()) runtime_.join();
  }
  local::Report Deliver(const std::string& payload) {
    exchange_.Deliver({.request_id = "id-7", .payload = payload, .deadline_unix_ms = 12345, .function_arn = "arn:x"});
    EXPECT_EQ(exchange_.AwaitIdle(kPatience), RuntimeExchange::State::kIdle);
    return exchange_.TakeReport().value_or(local::Report{.failed = true, .payload = "no report"});
  }
  HttpResponse Send(const std::string& method, const std::string& path, const std::string& body = "") {
    HttpClient http;
    return http.Send({method, "http://" + server_->address() + "/2018-06-01/runtime/" + path, {}, body}, kPatience)
        .value();
  }

  RuntimeExchange exchange_;
  std::unique_ptr<HttpServer> server_;
  Error end_;
  std::jthread runtime_;
};

TEST_F(RuntimeTest, InvocationArrivesAndItsResultComesBack) {
  Invocation seen;
  Serve([&seen](const Invocation& invocation) -> FunctionResult {
    seen = invocation;
    return "result of " + invocation.payload;
  });
  const local::Report report = Deliver("event");
  EXPECT_FALSE(report.failed);
  EXPECT_EQ(report.payload, "result of event");
  EXPECT_EQ(seen.request_id, "id-7");
  EXPECT_EQ(seen.deadline_unix_ms, 12345);
  EXPECT_EQ(seen.function_arn, "arn:x");
  EXPECT_FALSE(seen.trace_id.empty());
  EXPECT_EQ(Deliver("two").payload, "result of two");
}

TEST_F(RuntimeTest, ErrorIsReportedWithTheNameOfItsCodeAndItsTrace) {
  Serve([](const Invocation&) { return ToFunctionError({Code::kUnavailable, "no \"disk\""}, {"call 1"}); });
  const local::Report report = Deliver("event");
  EXPECT_TRUE(report.failed);
  EXPECT_EQ(report.payload, R"({"errorMessage":"no \"disk\"","errorType":"unavailable","stackTrace":["call 1"]})");
}

TEST_F(RuntimeTest, EndOfTheEnvironmentEndsServe) {
  Serve([](const Invocation&) { return std::string(); });
  Stop();
  EXPECT_EQ(end_.code, Code::kUnavailable);
  EXPECT_NE(end_.message.find("500"), std::string::npos) << end_.message;
}

TEST_F(RuntimeTest, WrongCallsAreRefused) {
  EXPECT_EQ(Send("POST", "invocation/id-7/response").status, 400);
  EXPECT_EQ(Send("GET", "invocation/id-7/response").status, 404);
  EXPECT_EQ(Send("POST", "invocation/id-7/else").status, 404);
  std::jthread next([this] { EXPECT_EQ(Send("GET", "invocation/next").status, 200); });
  ASSERT_EQ(exchange_.AwaitIdle(kPatience), RuntimeExchange::State::kIdle);
  exchange_.Deliver({.request_id = "id-7", .payload = "{}"});
  next.join();
  EXPECT_EQ(Send("GET", "invocation/next").status, 403) << "the invocation before is open";
  EXPECT_EQ(Send("POST", "init/error", "{}").status, 403) << "the initialisation is over";
  EXPECT_EQ(Send("POST", "invocation/id-8/response").status, 400);
  EXPECT_EQ(Send("POST", "invocation/id-7/response", "one").status, 202);
  EXPECT_EQ(Send("POST", "invocation/id-7/response", "two").status, 400) << "answered before";
  EXPECT_EQ(exchange_.TakeReport()->payload, "one");
}

TEST_F(RuntimeTest, InitErrorIsTheReport) {
  ASSERT_TRUE(RuntimeClient(server_->address()).FailInit({.type = "t", .message = "m"}).ok());
  EXPECT_EQ(exchange_.AwaitIdle(kPatience), RuntimeExchange::State::kClosed);
  EXPECT_EQ(exchange_.TakeReport()->payload, R"({"errorMessage":"m","errorType":"t"})");
}

TEST(RuntimeClient, ServerThatIsGoneOrSpeaksNonsenseIsTheEnd) {
  std::string address;
  {
    const auto server = HttpServer::Start([](const HttpRequest&) { return HttpResponse{}; }).value();
    address = server->address();
    EXPECT_EQ(RuntimeClient(address).Next().error().code, Code::kUnavailable) << "no request id";
  }
  EXPECT_EQ(RuntimeClient(address).Next().error().code, Code::kUnavailable);
}

TEST(RuntimeClient, DeadlineIsOnTheGivenClock) {
  class FixedClock final : public Clock {
   public:
    Time Now() const override { return Time(5s); }
    void SleepUntil(Time) override {}
    std::int64_t UnixMs() const override { return 1'000'000; }
  };
  Invocation invocation;
  invocation.deadline_unix_ms = 1'002'500;
  EXPECT_EQ(invocation.Deadline(FixedClock()), Clock::Time(7500ms));
}

}  // namespace
}  // namespace lambdaml
