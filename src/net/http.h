// SPDX-License-Identifier: Apache-2.0
#pragma once

// One HTTP/1.1 exchange as two values, the same for the client and the server.

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace lambdaml {

// With the letters A to Z as a to z.
std::string LowerCase(std::string_view text);

// Header names are the same whatever their case.
struct HeaderNameLess {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const;
};

using HttpHeaders = std::map<std::string, std::string, HeaderNameLess>;

// The value of a header, or empty.
std::string_view Find(const HttpHeaders& headers, std::string_view name);

struct HttpRequest {
  std::string method = "GET";
  std::string url = {};  // whole for a client; for a server the target as it was sent, "/path?query"
  HttpHeaders headers = {};
  std::string body = {};

  // For a client. Both must stay alive until the answer is there.
  ByteSpan large_body = {};           // sent without a copy, instead of an empty `body`
  std::span<std::byte> receive = {};  // where the body of an answer 2xx goes, instead of into HttpResponse::body

  // On a connection of its own: curl sends a request again when the idle connection that it took turns out to be dead,
  // and cannot tell whether the server has acted on it.
  bool at_most_once = false;

  // The body that is sent, whichever of the two it is.
  ByteSpan payload() const { return large_body.empty() ? AsBytes(body) : large_body; }
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers = {};
  std::string body = {};
  std::size_t received_bytes = 0;  // of HttpRequest::receive

  // "503: the first bytes of the body", for messages.
  std::string Summary() const;
};

// "a%20b" is "a b"; what is not a valid escape stays as it is.
std::string PercentDecoded(std::string_view text);

// The decoded path of a target, without its query.
std::string TargetPath(std::string_view target);

// A URL without user name, password and query values: the form that belongs into a message.
std::string WithoutSecrets(std::string_view url);

}  // namespace lambdaml
