// SPDX-License-Identifier: Apache-2.0
#pragma once

// scheme://authority/path?name=value. A user name and password may stand in the authority; Printable leaves them and
// every query value out, and is the only form that belongs into a message or a log.

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lambdaml {

struct Url {
  std::string scheme;
  std::string authority;  // host:port, or several, or empty; may hold user:password@
  std::string path;       // with its leading '/', or empty
  std::map<std::string, std::string> query;

  // kInvalid without a scheme. "memory:" and "file:/dir" are accepted as well as "file:///dir".
  static Result<Url> Parse(std::string_view text);

  std::string Printable() const;
};

// The printable form of a text that may be a URL; any other text as it is.
std::string PrintableUrl(std::string_view text);

}  // namespace lambdaml
