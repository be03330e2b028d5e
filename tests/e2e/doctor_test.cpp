// SPDX-License-Identifier: Apache-2.0

// What is wrong with a job before it starts, each with a server or a file system that is wrong in that way.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "program.h"
#include "storage/testing/dynalite.h"
#include "storage/testing/memcached_server.h"
#include "storage/testing/moto.h"
#include "storage/testing/nginx.h"
#include "storage/testing/redis_server.h"

namespace lambdaml::e2e {
namespace {

// This machine's time, as it would be if somebody had set it wrong.
class WrongClock final : public Clock {
 public:
  explicit WrongClock(std::int64_t ahead_ms) : ahead_ms_(ahead_ms) {}
  Time Now() const override { return clock_.Now(); }
  void SleepUntil(Time time) override { clock_.SleepUntil(time); }
  std::int64_t UnixMs() const override { return clock_.UnixMs() + ahead_ms_; }

 private:
  SystemClock clock_;
  std::int64_t ahead_ms_;
};

// Accepts connections and never says a word.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_.get(), 64), 0);
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  std::string address() const { return StrCat("127.0.0.1:", port_); }

 private:
  FileDescriptor socket_;
  int port_ = 0;
};

class DoctorTest : public ::testing::Test {
 protected:
  void Use(const Environment& environment) {
    for (const std::string_view name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}) {
      home_.Set(name, environment.Get(name));
    }
  }

  // The lines that `doctor` prints of these things.
  std::vector<std::string> Lines(const Ran& ran, const std::vector<std::string>& things) const {
    std::vector<std::string> lines;
    for (const std::string_view line : SplitText(ran.out, '\n')) {
      const std::string_view what = line.substr(std::min<std::size_t>(line.size(), 7));
      const auto is_of = [what](const std::string& thing) { return what.starts_with(StrCat(thing, ": ")); };
      if (std::ranges::any_of(things, is_of)) lines.emplace_back(line);
    }
    return lines;
  }

  std::string Url(std::string_view name) { return StrCat("file://", (home_ / name).string()); }

  // `doctor` in this process, by a clock that is `ahead`.
  Ran DoctorByClock(std::int64_t ahead_ms, const std::string& job, const Environment& of_server) {
    TextTerminal terminal;
    WrongClock clock(ahead_ms);
    const Environment environment({{"HOME", home_ / ""},
                                   {"AWS_ACCESS_KEY_ID", of_server.Get("AWS_ACCESS_KEY_ID")},
                                   {"AWS_SECRET_ACCESS_KEY", of_server.Get("AWS_SECRET_ACCESS_KEY")},
                                   {"AWS_REGION", of_server.Get("AWS_REGION")}});
    const std::vector<std::string> words{"doctor", home_ / job};
    const int exit =
        RunCli(words, {.terminal = terminal, .environment = environment, .clock = clock, .program = LAMBDAML_PROGRAM});
    return {.exit = exit, .out = terminal.out, .err = terminal.err};
  }

  Home home_;
};

TEST_F(DoctorTest, AJobThatIsRight) {
  const Ran ran = home_.Run({"doctor", home_.Job()});
  EXPECT_EQ(ran.exit, 0) << ran.out;
  for (const std::string_view line : SplitText(Trim(ran.out), '\n')) EXPECT_TRUE(line.starts_with("ok     ")) << line;
  EXPECT_EQ(
      Lines(ran, {"data", "clock", "pattern", "model", "algorithm", "workers", "output"}),
      (std::vector<std::string>{StrCat("ok     data: 2,000 rows of 28 columns in ", Url("data")),
                                StrCat("ok     clock: within 2 s of that of ", (home_ / "channel").string()),
                                "ok     pattern: scatter_reduce", "ok     model: logistic", "ok     algorithm: ga_sgd",
                                "ok     workers: 3 and the trigger, of 1000 functions at once", "ok     output: out"}));
}

// Independent mistakes, each of which is told once, by both commands in the same words.
TEST_F(DoctorTest, AllThatIsWrongAtOnce) {
  ASSERT_EQ(home_.Run({"data", "generate", "criteo", "wide", "--rows", "1200", "--set", "columns=20000000"}).exit, 0);
  WriteText(home_ / "file", "in the way");
  const int port = FreePort();
  const std::string job = home_.Job({{"data", "file://$HOME/wide"},
                                     {"channel", StrCat("redis://127.0.0.1:", port, "/jobs")},
                                     {"pattern", "butterfly"},
                                     {"workers", "1000"},
                                     {"function", "{memory_mb: 128}"},
                                     {"output", "file"}});
  const Ran train = home_.Run({"train", job});
  EXPECT_EQ(train.exit, 2);
  const auto lines = SplitText(Trim(train.err), '\n');
  ASSERT_EQ(lines.size(), 5U) << train.err;
  EXPECT_EQ(lines[0], StrCat("lambdaml: train: channel: redis://127.0.0.1:", port, "/jobs: 127.0.0.1:", port,
                             ": Connection refused; start it, or check the URL and the network"));
  EXPECT_EQ(lines[1],
            "lambdaml: train: pattern: 'butterfly' is not one of all_gather, auto, grouped, reduce, scatter_reduce");
  EXPECT_EQ(lines[2],
            "lambdaml: train: workers: 1000 and the trigger are more than the 1000 functions that run at once: set "
            "workers to at most 999");
  EXPECT_TRUE(lines[3].starts_with("lambdaml: train: memory: a worker needs about ")) << lines[3];
  EXPECT_NE(lines[3].find(") and may use 128 MB: raise function.memory_mb to at least "), std::string::npos)
      << lines[3];
  EXPECT_EQ(lines[4], StrCat("lambdaml: train: output: ", (home_ / "file").string(), " is a file: choose a folder"));
  EXPECT_FALSE(std::filesystem::exists(home_ / "out"));

  const Ran doctor = home_.Run({"doctor", job});
  EXPECT_EQ(doctor.exit, 1);
  for (const std::string_view line : lines) {
    const std::string_view told = line.substr(std::string_view("lambdaml: train: ").size());
    EXPECT_NE(doctor.out.find(StrCat("wrong  ", told, "\n")), std::string::npos) << told << "\n" << doctor.out;
  }
}

TEST_F(DoctorTest, AMissingShardIsOneMistake) {
  const std::string job = home_.Job();
  std::filesystem::remove(home_ / "data/train-00000.safetensors");
  const Ran ran = home_.Run({"doctor", job});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(Lines(ran, {"data", "model", "algorithm", "memory", "channel"}).size(), 5U);
  EXPECT_EQ(Lines(ran, {"data", "model", "algorithm", "memory"}),
            (std::vector<std::string>{
                StrCat("wrong  data: ", Url("data"), ": train-00000.safetensors is missing; import the data again"),
                "-      model: not checked: data", "-      algorithm: not checked: data",
                "-      memory: not checked: data"}));
}

TEST_F(DoctorTest, VariablesThatAreNotSet) {
  const Ran ran = home_.Run({"train", home_.Job({{"data", "file://$NO_DATA/x"}, {"channel", "file://$NO_CHANNEL"}})});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.err,
            "lambdaml: train: data: file://$NO_DATA/x: the environment variable NO_DATA is not set; channel: "
            "file://$NO_CHANNEL: the environment variable NO_CHANNEL is not set\n");
}

TEST_F(DoctorTest, DataAndChannelOfOneServerThatIsAway) {
  const int port = FreePort();
  const std::string server = StrCat("redis://127.0.0.1:", port);
  const Ran ran = home_.Run({"doctor", home_.Job({{"data", server + "/data"}, {"channel", server + "/channel"}})});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(Lines(ran, {"data", "channel"}),
            (std::vector<std::string>{StrCat("wrong  data: ", server, "/data: 127.0.0.1:", port,
                                             ": Connection refused; start it, or check the URL and the network"),
                                      "-      channel: not checked: data"}));
}

TEST_F(DoctorTest, CheckpointsHaveAPlaceOfTheirOwn) {
  const int port = FreePort();
  const std::string url = StrCat("redis://127.0.0.1:", port, "/x");
  const Ran ran = home_.Run({"doctor", home_.Job({{"recovery", StrCat("{records: '", url, "'}")}})});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(Lines(ran, {"records"}),
            std::vector<std::string>{StrCat("wrong  records: ", url, ": 127.0.0.1:", port,
                                            ": Connection refused; start it, or check the URL and the network")});
  const Ran beside = home_.Run({"doctor", home_.Job({{"recovery", "{records: 'file://$HOME/channel'}"}})});
  EXPECT_EQ(beside.exit, 0) << beside.out;
  EXPECT_TRUE(Lines(beside, {"records"})[0].starts_with(StrCat("ok     records: ", Url("channel"))));
}

TEST_F(DoctorTest, AServerThatDoesNotAnswer) {
  const SilentServer server;
  std::vector<Running> runs;
  for (const std::string& url :
       {StrCat("redis://", server.address(), "/x"), StrCat("memcached://", server.address(), "/x"),
        StrCat("s3://bucket/x?endpoint=http://", server.address())}) {
    const std::string job = StrCat("job-", runs.size(), ".yaml");
    WriteText(home_ / job, ReadText(home_ / home_.Job({{"channel", url}})));
    runs.push_back(home_.Start({"doctor", job}));
  }
  for (const Running& running : runs) {
    const Ran ran = running.Wait();
    EXPECT_EQ(ran.exit, 1);
    const auto lines = Lines(ran, {"channel"});
    ASSERT_EQ(lines.size(), 1U) << ran.out;
    EXPECT_TRUE(lines[0].starts_with("wrong  channel: ")) << lines[0];
    EXPECT_NE(lines[0].find(server.address()), std::string::npos) << lines[0];
    EXPECT_TRUE(lines[0].ends_with("; start it, or check the URL and the network")) << lines[0];
    EXPECT_EQ(ran.out.find("clock"), std::string::npos) << ran.out;
  }
}

TEST_F(DoctorTest, ClocksThatDiffer) {
  const auto redis = RedisServer::Launch({});
  const auto dynamo = Dynalite::Launch();
  ASSERT_TRUE(redis.ok() && dynamo.ok());
  const std::string by_redis = home_.Job({{"channel", redis.value()->NewUrl()}});
  const auto clock = [&](std::int64_t ahead_ms) {
    return Lines(DoctorByClock(ahead_ms, by_redis, {}), {"clock", "channel"});
  };
  const std::string address = redis.value()->address();
  EXPECT_EQ(clock(0)[1], StrCat("ok     clock: within 2 s of that of ", address));
  const std::string ahead = clock(10'000)[1];
  EXPECT_TRUE(ahead.starts_with("doubt  clock: this machine's clock is ")) << ahead;
  EXPECT_NE(ahead.find(StrCat(" ahead of that of ", address, ": set it, for example by `chronyc makestep`")),
            std::string::npos)
      << ahead;
  EXPECT_NE(clock(-10'000)[1].find(StrCat(" behind that of ", address, ": ")), std::string::npos);
  EXPECT_TRUE(clock(3'600'000)[1].starts_with("doubt  clock: ")) << "nothing is signed for redis";

  const std::string by_dynamo = home_.Job({{"channel", dynamo.value()->NewUrl()}});
  const Ran ran = DoctorByClock(-600'000, by_dynamo, dynamo.value()->environment());
  EXPECT_EQ(ran.exit, 1);
  const auto lines = Lines(ran, {"clock", "channel"});
  ASSERT_EQ(lines.size(), 2U) << ran.out;
  EXPECT_EQ(lines[0], "-      channel: not checked: clock");
  EXPECT_TRUE(lines[1].starts_with("wrong  clock: this machine's clock is ")) << lines[1];
  EXPECT_NE(lines[1].find("which refuses requests signed at such a time: set it"), std::string::npos) << lines[1];
}

TEST_F(DoctorTest, ChannelsThatForget) {
  const auto memcached = MemcachedServer::Launch({.memory_mb = 64});
  const auto redis = RedisServer::Launch({.arguments = {"--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"}});
  ASSERT_TRUE(memcached.ok() && redis.ok());
  const Ran by_memcached = home_.Run({"doctor", home_.Job({{"channel", memcached.value()->NewUrl()}})});
  EXPECT_EQ(by_memcached.exit, 0) << by_memcached.out;
  const std::string line = Lines(by_memcached, {"channel"})[0];
  EXPECT_TRUE(line.starts_with("doubt  channel: memcached://")) << line;
  EXPECT_TRUE(line.ends_with("; a cache: when its 64.0 MiB are full, or it is started again, it drops values")) << line;
  const Ran by_redis = home_.Run({"doctor", home_.Job({{"channel", redis.value()->NewUrl()}})});
  EXPECT_EQ(by_redis.exit, 0) << by_redis.out;
  const std::string other = Lines(by_redis, {"channel"})[0];
  EXPECT_TRUE(other.starts_with("doubt  channel: redis://")) << other;
  EXPECT_TRUE(
      other.ends_with("; when its 64.0 MiB are full it drops values (maxmemory-policy allkeys-lru): set noeviction"))
      << other;
}

TEST_F(DoctorTest, AChannelWithoutRoom) {
  ASSERT_EQ(home_.Run({"data", "generate", "criteo", "wide", "--rows", "2000", "--set", "columns=2000000"}).exit, 0);
  const auto redis = RedisServer::Launch({.arguments = {"--maxmemory", "16mb"}});
  ASSERT_TRUE(redis.ok());
  const Ran ran = home_.Run({"doctor", home_.Job({{"data", "wide"}, {"channel", redis.value()->NewUrl()}})});
  EXPECT_EQ(ran.exit, 1);
  const auto lines = Lines(ran, {"room"});
  ASSERT_EQ(lines.size(), 1U) << ran.out;
  EXPECT_TRUE(lines[0].starts_with("wrong  room: about 99.2 MiB of ")) << lines[0];
  EXPECT_NE(lines[0].find(": make room there, or use another channel"), std::string::npos) << lines[0];
}

TEST_F(DoctorTest, AChannelThatIgnoresConditions) {
  const auto moto = Moto::Launch();
  ASSERT_TRUE(moto.ok());
  const auto proxy = Nginx::Launch({.port_behind = moto.value()->port(), .drops_conditions = true});
  ASSERT_TRUE(proxy.ok()) << proxy.error().message;
  Use(moto.value()->environment());
  const std::string url = moto.value()->bucket().NewUrlAt(proxy.value()->endpoint(), "");
  const Ran ran = home_.Run({"doctor", home_.Job({{"channel", url}})});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(Lines(ran, {"channel"}),
            std::vector<std::string>{
                StrCat("wrong  channel: ", url.substr(0, url.find('?')),
                       ": it puts a value \"if absent\" where there is one, so two workers could both win: use another "
                       "channel")});
}

TEST_F(DoctorTest, APlaceThatMayNotBeUsed) {
  const auto redis = RedisServer::Launch({.password = "secret"});
  ASSERT_TRUE(redis.ok());
  const std::string address = redis.value()->address();
  const Ran ran = home_.Run({"doctor", home_.Job({{"channel", StrCat("redis://", address, "/x")}})});
  EXPECT_EQ(ran.exit, 1);
  const auto lines = Lines(ran, {"channel"});
  ASSERT_EQ(lines.size(), 1U) << ran.out;
  EXPECT_TRUE(lines[0].starts_with(StrCat("wrong  channel: redis://", address, "/x: ", address, ": "))) << lines[0];
  const Ran full = home_.Run({"doctor", home_.Job({{"channel", "file:///dev/full/x"}})});
  EXPECT_EQ(full.exit, 1);
  EXPECT_EQ(Lines(full, {"channel"}).size(), 1U) << full.out;
}

}  // namespace
}  // namespace lambdaml::e2e
