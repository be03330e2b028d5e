// SPDX-License-Identifier: Apache-2.0
#include "net/http_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace lambdaml {

struct HttpServer::Inside {
  HttpService service;
  HttpServerOptions options;
};

namespace {

struct Incoming {
  HttpRequest request;
  bool begun = false;
  bool too_large = false;
};

MHD_Result TakeHeader(void* user, MHD_ValueKind /*kind*/, const char* name, const char* value) {
  auto& headers = *static_cast<HttpHeaders*>(user);
  headers.insert_or_assign(name, value == nullptr ? "" : value);
  return MHD_YES;
}

// The first thing known of a request: its target, before libmicrohttpd decodes it.
void* Begin(void* /*user*/, const char* target, MHD_Connection* /*connection*/) {
  auto incoming = std::make_unique<Incoming>();
  incoming->request.url = target;
  return incoming.release();
}

void End(void* /*user*/, MHD_Connection* /*connection*/, void** state, MHD_RequestTerminationCode /*why*/) {
  const std::unique_ptr<Incoming> incoming(static_cast<Incoming*>(*state));
  *state = nullptr;
}

MHD_Result Answer(MHD_Connection* connection, const HttpResponse& response) {
  // libmicrohttpd only reads the body, although it asks for a mutable pointer.
  MHD_Response* answer = MHD_create_response_from_buffer(response.body.size(), const_cast<char*>(response.body.data()),
                                                         MHD_RESPMEM_MUST_COPY);
  if (answer == nullptr) return MHD_NO;
  for (const auto& [name, value] : response.headers) MHD_add_response_header(answer, name.c_str(), value.c_str());
  const MHD_Result queued = MHD_queue_response(connection, static_cast<unsigned>(response.status), answer);
  MHD_destroy_response(answer);
  return queued;
}

void TakeBody(Incoming& incoming, std::string_view data, std::size_t bytes_max) {
  incoming.too_large = incoming.too_large || incoming.request.body.size() + data.size() > bytes_max;
  // The rest of a body that is too large is read and dropped, so that the client sees the answer and no reset.
  if (incoming.too_large) {
    incoming.request.body.clear();
  } else {
    incoming.request.body += data;
  }
}

// Called once when the headers are read, once for each piece of the body, and once at its end.
// NOLINTNEXTLINE(readability-function-size): the parameters are those of libmicrohttpd's callback.
MHD_Result Serve(void* user, MHD_Connection* connection, const char* /*path*/, const char* method,
                 const char* /*version*/, const char* data, std::size_t* size, void** state) {
  const auto& inside = *static_cast<HttpServer::Inside*>(user);
  auto& incoming = *static_cast<Incoming*>(*state);
  if (!incoming.begun) {
    incoming.begun = true;
    incoming.request.method = method;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, &TakeHeader, &incoming.request.headers);
    return MHD_YES;
  }
  if (*size != 0) {
    TakeBody(incoming, {data, *size}, inside.options.request_bytes_max);
    *size = 0;
    return MHD_YES;
  }
  if (incoming.too_large) {
    return Answer(connection,
                  {413, {}, StrCat("the body is larger than ", inside.options.request_bytes_max, " bytes")});
  }
  return Answer(connection, inside.service(incoming.request));
}

}  // namespace

HttpServer::HttpServer(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpService service, HttpServerOptions options) {
  std::unique_ptr<HttpServer> server(new HttpServer(std::make_unique<Inside>(Inside{std::move(service), options})));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
  errno = 0;
  server->daemon_ = MHD_start_daemon(
      flags, options.port, nullptr, nullptr, &Serve, server->inside_.get(), MHD_OPTION_SOCK_ADDR,
      reinterpret_cast<sockaddr*>(&address), MHD_OPTION_URI_LOG_CALLBACK, &Begin, nullptr, MHD_OPTION_NOTIFY_COMPLETED,
      &End, nullptr, MHD_OPTION_CONNECTION_MEMORY_LIMIT, std::size_t{64} * 1024, MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    return Error{Code::kUnavailable, StrCat("cannot listen on 127.0.0.1:", options.port, ": ", std::strerror(errno))};
  }
  server->port_ = MHD_get_daemon_info(server->daemon_, MHD_DAEMON_INFO_BIND_PORT)->port;
  return server;
}

HttpServer::~HttpServer() {
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

std::string HttpServer::address() const { return StrCat("127.0.0.1:", port_); }

}  // namespace lambdaml
