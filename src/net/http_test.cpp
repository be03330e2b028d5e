// SPDX-License-Identifier: Apache-2.0
// The HTTP client against the HTTP server, and against sockets that misbehave.
#include "net/http.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace lambdaml {
namespace {

using namespace std::chrono_literals;

HttpResponse Echo(const HttpRequest& request) {
  HttpResponse response;
  response.headers["X-Method"] = request.method;
  response.headers["X-Target"] = request.url;
  response.headers["X-Given"] = std::string(Find(request.headers, "x-given"));
  response.body = request.body;
  return response;
}

std::unique_ptr<HttpServer> Serve(HttpService service, HttpServerOptions options = {}) {
  auto server = HttpServer::Start(std::move(service), options);
  EXPECT_TRUE(server.ok());
  return std::move(server).value();
}

std::string UrlOf(const HttpServer& server, std::string_view target = "/") {
  return StrCat("http://", server.address(), target);
}

TEST(Http, HeaderNamesIgnoreCase) {
  const HttpHeaders headers{{"Content-Type", "a"}};
  EXPECT_EQ(Find(headers, "content-type"), "a");
  EXPECT_EQ(Find(headers, "content-typ"), "");
}

TEST(Http, TargetPathIsDecodedAndHasNoQuery) {
  EXPECT_EQ(TargetPath("/a%3Ab/c%2?x=%41"), "/a:b/c%2");
  EXPECT_EQ(TargetPath("/%zz%41"), "/%zzA");
}

TEST(Http, MethodTargetHeadersAndBodyArriveAsSent) {
  const auto server = Serve(Echo);
  HttpClient client;
  for (const std::string method : {"GET", "POST", "PUT", "DELETE"}) {
    const auto response = client.Send(
        {method, UrlOf(*server, "/a%20b?c=%2F"), {{"x-given", "v: 1"}}, method == "GET" ? "" : "body"}, 10s);
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response.value().status, 200);
    EXPECT_EQ(Find(response.value().headers, "x-method"), method);
    EXPECT_EQ(Find(response.value().headers, "x-target"), "/a%20b?c=%2F");
    EXPECT_EQ(Find(response.value().headers, "x-given"), "v: 1");
    EXPECT_EQ(response.value().body, method == "GET" ? "" : "body");
  }
  const auto head = client.Send({.method = "HEAD", .url = UrlOf(*server)}, 10s);
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(Find(head.value().headers, "x-method"), "HEAD");
}

TEST(Http, LargeBodiesArriveWhole) {
  const auto server = Serve(Echo);
  HttpClient client;
  std::string body(6U << 20U, 'x');
  for (std::size_t i = 0; i < body.size(); i += 4093) body[i] = static_cast<char>(i);
  const auto response = client.Send({"POST", UrlOf(*server), {}, body}, 20s);
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_TRUE(response.value().body == body);
}

TEST(Http, RequestsOfOneBatchAreInFlightTogether) {
  // No request is answered before all have arrived.
  constexpr std::size_t kCount = 64;
  std::mutex mutex;
  std::condition_variable all_here;
  std::size_t here = 0;
  const auto server = Serve([&](const HttpRequest& request) {
    std::unique_lock lock(mutex);
    if (++here == kCount) all_here.notify_all();
    const bool together = all_here.wait_for(lock, 30s, [&] { return here >= kCount; });
    return HttpResponse{together ? 200 : 500, {}, request.body};
  });
  std::vector<HttpRequest> requests;
  for (std::size_t i = 0; i < kCount; ++i) requests.push_back({"POST", UrlOf(*server), {}, StrCat("body ", i)});
  HttpClient client;
  std::vector<std::string> bodies(kCount);
  client.SendAll(requests, 60s, [&](std::size_t i, const Result<HttpResponse>& response) {
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response.value().status, 200);
    bodies[i] = response.value().body;
  });
  for (std::size_t i = 0; i < kCount; ++i) EXPECT_EQ(bodies[i], StrCat("body ", i));
}

// How many of `count` requests were answered with their own body.
int EchoedRight(const std::string& url, int thread, int count) {
  HttpClient client;
  int right = 0;
  for (int i = 0; i < count; ++i) {
    const std::string body = StrCat(thread, "/", i);
    const auto response = client.Send({"POST", url, {}, body}, 30s);
    if (response.ok() && response.value().body == body) ++right;
  }
  return right;
}

TEST(Http, ManyThreadsAtOnce) {
  const auto server = Serve(Echo);
  constexpr int kThreads = 8;
  std::atomic<int> right{0};
  std::vector<std::jthread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&right, thread, url = UrlOf(*server)] { right += EchoedRight(url, thread, 50); });
  }
  threads.clear();
  EXPECT_EQ(right, kThreads * 50);
}

TEST(Http, RequestBodyLimitIsAnswered) {
  const auto server = Serve(Echo, {.request_bytes_max = 1000});
  HttpClient client;
  EXPECT_EQ(client.Send({"POST", UrlOf(*server), {}, std::string(1000, 'x')}, 10s).value().status, 200);
  EXPECT_EQ(client.Send({"POST", UrlOf(*server), {}, std::string(3'000'000, 'x')}, 10s).value().status, 413);
}

TEST(Http, ResponseBodyLimitIsAnError) {
  const auto server = Serve(Echo);
  HttpClient client({.response_bytes_max = 100});
  EXPECT_TRUE(client.Send({"POST", UrlOf(*server), {}, std::string(100, 'x')}, 10s).ok());
  const auto response = client.Send({"POST", UrlOf(*server), {}, std::string(101, 'x')}, 10s);
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Code::kInvalid);
  EXPECT_NE(response.error().message.find("larger than 100 bytes"), std::string::npos) << response.error().message;
}

TEST(Http, LargeBodyIsSentFromWhereItIs) {
  const auto server = Serve(Echo);
  HttpClient client;
  std::string body(3U << 20U, 'x');
  for (std::size_t i = 0; i < body.size(); i += 4093) body[i] = static_cast<char>(i);
  const auto response = client.Send({.method = "PUT", .url = UrlOf(*server), .large_body = AsBytes(body)}, 20s);
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_TRUE(response.value().body == body);
}

TEST(Http, BodyIsReceivedInTheCallersMemory) {
  const auto server = Serve(Echo);
  HttpClient client;
  std::string body(1U << 20U, 'x');
  Bytes into(body.size() + 10);
  HttpRequest request{.method = "POST", .url = UrlOf(*server), .body = body, .receive = into};
  const auto response = client.Send(request, 20s);
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_TRUE(response.value().body.empty());
  ASSERT_EQ(response.value().received_bytes, body.size());
  EXPECT_TRUE(std::equal(body.begin(), body.end(), reinterpret_cast<const char*>(into.data())));

  request.receive = request.receive.first(body.size() - 1);
  const auto too_long = client.Send(request, 20s);
  ASSERT_FALSE(too_long.ok());
  EXPECT_EQ(too_long.error().code, Code::kInvalid);
  EXPECT_NE(too_long.error().message.find(StrCat("larger than ", body.size() - 1, " bytes")), std::string::npos);
}

TEST(Http, TextOfAnErrorIsNotReceivedInTheCallersMemory) {
  const auto server = Serve([](const HttpRequest&) { return HttpResponse{404, {}, "nothing here"}; });
  HttpClient client;
  Bytes into(100, std::byte{7});
  const auto response = client.Send({.url = UrlOf(*server), .receive = into}, 10s);
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response.value().body, "nothing here");
  EXPECT_EQ(response.value().received_bytes, 0U);
  EXPECT_EQ(into, Bytes(100, std::byte{7}));
}

TEST(Http, PathIsSentAsItIs) {
  const auto server = Serve(Echo);
  HttpClient client;
  const std::string target = "/a/../b//./c/..?x=/../y";
  const auto response = client.Send({.url = UrlOf(*server, target)}, 10s);
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(Find(response.value().headers, "x-target"), target);
}

TEST(Http, ConnectionsAreKeptAndLimited) {
  const auto server = Serve(Echo);
  HttpClient client({.connections_max = 4});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.Send({.url = UrlOf(*server)}, 10s).ok());
  EXPECT_EQ(client.connections_opened(), 1U);
  const std::vector<HttpRequest> requests(500, {"POST", UrlOf(*server), {}, "body"});
  std::size_t answered = 0;
  client.SendAll(requests, 30s, [&](std::size_t, const Result<HttpResponse>& response) {
    if (response.ok() && response.value().body == "body") ++answered;
  });
  EXPECT_EQ(answered, requests.size());
  EXPECT_LE(client.connections_opened(), 4U);
}

TEST(Http, NothingIsSentWhenTheTimeIsOver) {
  std::atomic<int> calls{0};
  const auto server = Serve([&](const HttpRequest&) {
    ++calls;
    return HttpResponse{};
  });
  HttpClient client;
  EXPECT_EQ(client.Send({.url = UrlOf(*server)}, 0s).error().code, Code::kTimeout);
  EXPECT_EQ(calls, 0);
}

// A socket that listens on a free port of 127.0.0.1.
struct Listener {
  Listener() : socket_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_fd.get(), 8), 0);
    EXPECT_EQ(getsockname(socket_fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
  }
  FileDescriptor socket_fd;
  int port = 0;
};

TEST(Http, NobodyListeningIsUnavailableAndSecretsStayOut) {
  int port = 0;
  {
    const Listener closed_again;
    port = closed_again.port;
  }
  HttpClient client;
  const auto response = client.Send({.url = StrCat("http://me:hush@127.0.0.1:", port, "/x?token=quiet")}, 10s);
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_NE(response.error().message.find(StrCat("127.0.0.1:", port, "/x")), std::string::npos);
  EXPECT_EQ(response.error().message.find("hush"), std::string::npos);
  EXPECT_EQ(response.error().message.find("quiet"), std::string::npos);
}

// What the client says to a server that answers with `text` and closes the connection.
Result<HttpResponse> AnswerTo(std::string_view text, std::string_view scheme = "http") {
  const Listener listener;
  std::jthread server([&] {
    const FileDescriptor connection(accept(listener.socket_fd.get(), nullptr, nullptr));
    char request[1024];
    EXPECT_GT(read(connection.get(), request, sizeof(request)), 0);
    EXPECT_EQ(write(connection.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  });
  HttpClient client;
  return client.Send({.url = StrCat(scheme, "://127.0.0.1:", listener.port, "/")}, 10s);
}

TEST(Http, ConnectionThatIsCutIsUnavailable) {
  for (const std::string_view text :
       {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"}) {
    const auto response = AnswerTo(text);
    ASSERT_FALSE(response.ok()) << text;
    EXPECT_EQ(response.error().code, Code::kUnavailable) << response.error().message;
  }
}

TEST(Http, ServerOfAnotherProtocolIsInvalid) {
  for (const std::string_view scheme : {"http", "https"}) {
    const auto response = AnswerTo("-ERR unknown command\r\n", scheme);
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, Code::kInvalid) << response.error().message;
    EXPECT_NE(response.error().message.find("the server does not speak"), std::string::npos)
        << response.error().message;
  }
}

TEST(Http, HandshakeThatIsCutIsUnavailable) {
  const auto response = AnswerTo("", "https");
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Code::kUnavailable) << response.error().message;
}

TEST(Http, ServerThatTakesNoConnectionIsUnavailable) {
  const Listener listener;  // connects, but never answers the handshake of TLS
  HttpClient client({.connect_timeout = 20ms});
  const auto response = client.Send({.url = StrCat("https://127.0.0.1:", listener.port, "/")}, 60s);
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Code::kUnavailable) << response.error().message;
}

TEST(Http, SilenceIsTimeout) {
  const Listener listener;
  HttpClient client;
  const auto response = client.Send({.url = StrCat("http://127.0.0.1:", listener.port, "/")}, 20ms);
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Code::kTimeout) << response.error().message;
}

TEST(Http, UnusableUrlIsInvalid) {
  HttpClient client;
  EXPECT_EQ(client.Send({.url = "ftp://127.0.0.1/"}, 1s).error().code, Code::kInvalid);
  EXPECT_EQ(client.Send({.url = "http://"}, 1s).error().code, Code::kInvalid);
}

TEST(Http, ServerStopsWithIdleConnectionsAndServiceThatWasBlocked) {
  std::atomic<bool> blocked{false};
  std::atomic<bool> over{false};
  auto server = Serve([&](const HttpRequest&) {
    blocked = true;
    blocked.notify_all();
    over.wait(false);
    return HttpResponse{};
  });
  std::jthread caller([url = UrlOf(*server)] {
    HttpClient client;
    (void)client.Send({.url = url}, kNoTimeout);  // either answered or cut; both are fine
  });
  blocked.wait(false);
  over = true;
  over.notify_all();
  server.reset();
}

}  // namespace
}  // namespace lambdaml
