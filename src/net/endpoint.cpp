// SPDX-License-Identifier: Apache-2.0
#include "net/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"

namespace lambdaml {

namespace {

constexpr int kPortMax = 65535;

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool IsIpv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace

Result<Endpoint> Endpoint::Parse(std::string_view text, int port_default) {
  const auto refuse = [text] {
    return Error{Code::kInvalid, StrCat("'", text, "' is not a server: write host, host:port or [IPv6 address]:port")};
  };
  Endpoint endpoint{.host = {}, .port = port_default};
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return refuse();
    endpoint.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (!IsIpv6(endpoint.host)) return refuse();
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    endpoint.host = text.substr(0, colon);
    rest = text.substr(colon);
    if (endpoint.host.empty() || !std::ranges::all_of(endpoint.host, IsHostCharacter)) return refuse();
  }
  if (rest.empty()) return endpoint;
  const auto port = ParseInteger(rest.substr(1));
  if (!rest.starts_with(':') || !port || *port < 1 || *port > kPortMax) return refuse();
  endpoint.port = static_cast<int>(*port);
  return endpoint;
}

bool Endpoint::IsLoopback() const {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  constexpr std::string_view kLocal = "localhost";
  return std::ranges::equal(host, kLocal, [](char left, char right) { return (left | 0x20) == right; });
}

std::string Endpoint::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? StrCat("[", host, "]:", port) : StrCat(host, ":", port);
}

}  // namespace lambdaml
