// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/server_error.h"

#include <gtest/gtest.h>

namespace lambdaml::redis {
namespace {

TEST(ServerError, SaysWhatToDoNext) {
  for (const char* const wrong :
       {"NOAUTH Authentication required.", "WRONGPASS invalid username-password pair or user is disabled.",
        "NOPERM this user has no permissions", "MOVED 3999 127.0.0.1:6381", "ASK 3999 127.0.0.1:6381",
        "CROSSSLOT Keys in request don't hash to the same slot", "ERR unknown command 'FOO'", "NOPROTO no",
        "WRONGTYPE Operation against a key holding the wrong kind of value",
        "DENIED Redis is running in protected mode"}) {
    EXPECT_EQ(ServerError(wrong).code, Code::kInvalid) << wrong;
  }
  for (const char* const later :
       {"LOADING Redis is loading the dataset in memory", "BUSY Redis is busy running a script",
        "TRYAGAIN Multiple keys", "MASTERDOWN Link with MASTER is down", "CLUSTERDOWN The cluster is down",
        "READONLY You can't write", "OOM command not allowed", "MISCONF Redis is configured",
        "ERR max number of clients reached"}) {
    EXPECT_EQ(ServerError(later).code, Code::kUnavailable) << later;
  }
  EXPECT_EQ(ServerError("STRANGE word").code, Code::kInternal);
  EXPECT_NE(ServerError("OOM command not allowed").message.find("maxmemory"), std::string::npos);
  EXPECT_NE(ServerError("MOVED 1 a:2").message.find("cluster mode off"), std::string::npos);
}

TEST(ServerError, RepeatsNoArguments) {
  const Error error =
      ServerError("ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`, `wrong-secret`, ");
  EXPECT_EQ(error.code, Code::kInvalid);
  EXPECT_EQ(error.message.find("wrong-secret"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("Redis 6"), std::string::npos) << error.message;
  EXPECT_LT(ServerError("ERR " + std::string(10'000, 'x')).message.size(), 400U);
}

}  // namespace
}  // namespace lambdaml::redis
