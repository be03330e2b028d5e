// SPDX-License-Identifier: Apache-2.0
// Threads that share the connections to one server.
#include "net/http_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/text.h"
#include "net/http_server.h"

namespace lambdaml {
namespace {

using namespace std::chrono_literals;

constexpr int kThreads = 8;

std::unique_ptr<HttpServer> Echoing() {
  auto server = HttpServer::Start([](const HttpRequest& request) { return HttpResponse{200, {}, request.body}; });
  EXPECT_TRUE(server.ok());
  return std::move(server).value();
}

int EchoedRight(HttpPool& pool, const std::string& url, int thread, int count) {
  int right = 0;
  for (int i = 0; i < count; ++i) {
    const std::string body = StrCat(thread, "/", i);
    const auto response = pool.Send({"POST", url, {}, body}, 30s);
    if (response.ok() && response.value().body == body) ++right;
  }
  return right;
}

TEST(HttpPool, ThreadsGetTheirOwnAnswersOverFewConnections) {
  const auto server = Echoing();
  HttpPool pool({});
  std::atomic<int> right{0};
  std::vector<std::jthread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&pool, &right, thread, url = StrCat("http://", server->address(), "/")] {
      right += EchoedRight(pool, url, thread, 100);
    });
  }
  threads.clear();
  EXPECT_EQ(right, kThreads * 100);
  EXPECT_GE(pool.connections_opened(), 1U);
  EXPECT_LE(pool.connections_opened(), static_cast<std::size_t>(kThreads));
}

TEST(HttpPool, BatchesOfSeveralThreadsAreAnswered) {
  const auto server = Echoing();
  constexpr std::size_t kBatch = 20;
  constexpr std::size_t kConnections = 4;
  HttpPool pool({.connections_max = kConnections});
  std::atomic<std::size_t> right{0};
  std::vector<std::jthread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&pool, &right, thread, url = StrCat("http://", server->address(), "/")] {
      std::vector<HttpRequest> requests;
      for (std::size_t i = 0; i < kBatch; ++i) requests.push_back({"PUT", url, {}, StrCat(thread, "/", i)});
      pool.SendAll(requests, 30s, [&](std::size_t i, const Result<HttpResponse>& response) {
        if (response.ok() && response.value().body == requests[i].body) ++right;
      });
    });
  }
  threads.clear();
  EXPECT_EQ(right, kThreads * kBatch);
  EXPECT_LE(pool.connections_opened(), kThreads * kConnections);
}

TEST(HttpPool, ErrorsAreThoseOfTheClient) {
  HttpPool pool({});
  EXPECT_EQ(pool.Send({.url = "ftp://127.0.0.1/"}, 1s).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace lambdaml
