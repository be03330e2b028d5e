// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/server_error.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace lambdaml::redis {

namespace {

constexpr std::size_t kShownBytes = 200;

struct Meaning {
  std::string_view begin;  // of the server's text
  Code code;
  std::string_view advice;
};

// The first that fits.
constexpr std::array kMeanings{
    Meaning{"NOAUTH", Code::kInvalid,
            "give a user and a password in the URL, or in LAMBDAML_CHANNEL_USER and LAMBDAML_CHANNEL_PASSWORD"},
    Meaning{"WRONGPASS", Code::kInvalid, "check user and password"},
    Meaning{"NOPERM", Code::kInvalid,
            "let this user have the keys, commands and channels of the store, as with '~prefix/* &prefix/* +@all'"},
    Meaning{"DENIED", Code::kInvalid, "set a password for this server, or turn its protected mode off"},
    Meaning{"MOVED", Code::kInvalid, "cluster mode is not supported: use a server with cluster mode off"},
    Meaning{"ASK", Code::kInvalid, "cluster mode is not supported: use a server with cluster mode off"},
    Meaning{"CROSSSLOT", Code::kInvalid, "cluster mode is not supported: use a server with cluster mode off"},
    Meaning{"WRONGTYPE", Code::kInvalid, "another program keeps something else under this key: use another prefix"},
    Meaning{"NOPROTO", Code::kInvalid, "use Redis 6 or newer, or Valkey"},
    Meaning{"OOM", Code::kUnavailable, "the server's memory is full: raise its maxmemory, or delete what is not used"},
    Meaning{"LOADING", Code::kUnavailable, "it will be there soon"},
    Meaning{"BUSY", Code::kUnavailable, "a script is blocking the server"},
    Meaning{"TRYAGAIN", Code::kUnavailable, "try again later"},
    Meaning{"MASTERDOWN", Code::kUnavailable, "the server has lost its primary"},
    Meaning{"CLUSTERDOWN", Code::kUnavailable, "try again later"},
    Meaning{"READONLY", Code::kUnavailable, "this is a replica, or has just become one: name the primary"},
    Meaning{"NOREPLICAS", Code::kUnavailable, "the server has lost its replicas"},
    Meaning{"MISCONF", Code::kUnavailable, "the server cannot save to its disk"},
    Meaning{"ERR max number of clients", Code::kUnavailable, "raise its maxclients, or use fewer workers"},
    Meaning{"ERR unknown command 'HELLO'", Code::kInvalid, "use Redis 6 or newer, or Valkey"},
    Meaning{"ERR unknown command `HELLO`", Code::kInvalid, "use Redis 6 or newer, or Valkey"},
    Meaning{"ERR DB index is out of range", Code::kInvalid, "choose a smaller db="},
    Meaning{"ERR", Code::kInvalid, "the server does not take this request"},
};

std::string Shown(std::string_view text) {
  text = text.substr(0, text.find(", with args"));
  std::string shown(text.substr(0, kShownBytes));
  std::ranges::replace_if(
      shown, [](char c) { return c < ' ' || c > '~'; }, '?');
  return shown;
}

}  // namespace

Error ServerError(std::string_view text) {
  const auto* const meaning =
      std::ranges::find_if(kMeanings, [text](const Meaning& known) { return text.starts_with(known.begin); });
  if (meaning == kMeanings.end()) return {Code::kInternal, StrCat("the server says ", Shown(text))};
  return {meaning->code, StrCat("the server says ", Shown(text), ": ", meaning->advice)};
}

}  // namespace lambdaml::redis
