// SPDX-License-Identifier: Apache-2.0
// The client of the Invoke API against a server that answers what it is told to.
#include "platform/lambda_client.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "net/http_server.h"

namespace lambdaml {
namespace {

using namespace std::chrono_literals;

struct Answering {
  explicit Answering(HttpResponse answer)
      : response(std::move(answer)), server(HttpServer::Start([this](const HttpRequest& request) {
                                              seen = request;
                                              return response;
                                            }).value()) {}
  LambdaClient Client() const { return LambdaClient("http://" + server->address() + "/", "train"); }

  HttpResponse response;
  HttpRequest seen;
  std::unique_ptr<HttpServer> server;
};

TEST(LambdaClient, SendsWhatTheProtocolAsksAndReadsTheHeaders) {
  Answering lambda({200, {{"x-amz-function-error", "Unhandled"}, {"X-Amz-Log-Result", ToBase64("a\nb")}}, "{}"});
  const Outcome outcome = lambda.Client().Invoke("[1]", 10s).value();
  EXPECT_EQ(lambda.seen.method, "POST");
  EXPECT_EQ(lambda.seen.url, "/2015-03-31/functions/train/invocations");
  EXPECT_EQ(Find(lambda.seen.headers, "X-Amz-Invocation-Type"), "RequestResponse");
  EXPECT_EQ(Find(lambda.seen.headers, "X-Amz-Log-Type"), "Tail");
  EXPECT_EQ(lambda.seen.body, "[1]");
  EXPECT_EQ(outcome.function_error, "Unhandled");
  EXPECT_EQ(outcome.log_tail, "a\nb");
  EXPECT_EQ(outcome.payload, "{}");
}

TEST(LambdaClient, EventIsQueued) {
  Answering lambda({202, {}, ""});
  EXPECT_TRUE(lambda.Client().InvokeEvents(std::vector<std::string>{"{}"}).front().ok());
  EXPECT_EQ(Find(lambda.seen.headers, "X-Amz-Invocation-Type"), "Event");
}

TEST(LambdaClient, StatusSaysWhatToDo) {
  const std::pair<int, Code> codes[] = {{400, Code::kInvalid},     {403, Code::kInvalid},    {404, Code::kNotFound},
                                        {409, Code::kConflict},    {413, Code::kInvalid},    {429, Code::kUnavailable},
                                        {500, Code::kUnavailable}, {502, Code::kUnavailable}};
  for (const auto& [status, code] : codes) {
    Answering lambda({status, {{"x-amzn-ErrorType", "SomeException"}}, R"({"Message":"why"})"});
    for (const Error& error : {lambda.Client().Invoke("{}", 10s).error(),
                               lambda.Client().InvokeEvents(std::vector<std::string>{"{}"}).front().error()}) {
      EXPECT_EQ(Name(error.code), Name(code)) << status;
      EXPECT_NE(error.message.find("SomeException"), std::string::npos) << error.message;
      EXPECT_NE(error.message.find("why"), std::string::npos) << error.message;
    }
  }
}

TEST(LambdaClient, LogThatCannotBeReadIsAnError) {
  Answering lambda({200, {{"X-Amz-Log-Result", "***"}}, "{}"});
  EXPECT_EQ(lambda.Client().Invoke("{}", 10s).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace lambdaml
