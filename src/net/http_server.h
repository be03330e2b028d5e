// SPDX-License-Identifier: Apache-2.0
#pragma once

// An HTTP/1.1 server on a free port of 127.0.0.1, over libmicrohttpd. Every connection has a thread of its own, so the
// service may block as long as it likes. It is called from many threads at once.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/http.h"

struct MHD_Daemon;

namespace lambdaml {

using HttpService = std::function<HttpResponse(const HttpRequest&)>;

struct HttpServerOptions {
  std::uint16_t port = 0;                                  // 0: a free one
  std::size_t request_bytes_max = std::size_t{16} << 20U;  // a larger body is answered with 413
};

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> Start(HttpService service, HttpServerOptions options = {});

  // Waits for the calls of the service that are under way: their owner must have told them to end.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string address() const;  // "127.0.0.1:port"

  struct Inside;  // what libmicrohttpd's callbacks see; defined in http_server.cpp

 private:
  explicit HttpServer(std::unique_ptr<Inside> inside);

  std::unique_ptr<Inside> inside_;
  MHD_Daemon* daemon_ = nullptr;
  std::uint16_t port_ = 0;
};

}  // namespace lambdaml
