// SPDX-License-Identifier: Apache-2.0
#pragma once

// The address of a server: a host, by name or by number, and a port.

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lambdaml {

struct Endpoint {
  std::string host;  // an IPv6 address without its brackets
  int port = 0;

  // "host:port", "host" with `port_default`, "[::1]:port". kInvalid for anything else.
  static Result<Endpoint> Parse(std::string_view text, int port_default);

  // Whether it is this machine: localhost, 127.0.0.0/8 or ::1.
  bool IsLoopback() const;

  std::string text() const;  // "host:port"

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 that an order is compared with for a pointer
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace lambdaml
