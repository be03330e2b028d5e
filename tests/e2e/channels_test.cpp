// SPDX-License-Identifier: Apache-2.0

// One job over every channel: the model is the same file, bit for bit, and nothing of the job stays in the channel.

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "job/invocation.h"
#include "program.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "storage/testing/dynalite.h"
#include "storage/testing/memcached_server.h"
#include "storage/testing/radosgw.h"
#include "storage/testing/redis_server.h"
#include "worker/testing.h"

namespace lambdaml::e2e {
namespace {

constexpr int kWorkers = 3;

std::string ModelIn(const Home& home) { return ReadText(home / "out/model.safetensors"); }

std::string ModelOverFolder(Home& home) {
  const Ran ran = home.Run({"train", home.Job()});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return ModelIn(home);
}

template <class Server>
void ExpectTheSameModelOver(const Result<std::shared_ptr<Server>>& launched) {
  ASSERT_TRUE(launched.ok()) << launched.error().message;
  TestServer& server = *launched.value();
  Home home;
  for (const std::string_view name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}) {
    home.Set(name, server.environment().Get(name));
  }
  const std::string expected = ModelOverFolder(home);
  const std::string url = server.NewUrl();
  const Ran ran = home.Run({"train", home.Job({{"channel", url}})});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(ModelIn(home) == expected);

  SystemClock clock;
  const auto store = OpenStore(url, {.clock = clock, .environment = server.environment()});
  ASSERT_TRUE(store.ok()) << store.error().message;
  const auto left = store.value()->List(Key());
  ASSERT_TRUE(left.ok()) << left.error().message;
  EXPECT_TRUE(left.value().empty()) << left.value()[0].key.text();
}

TEST(Channels, TheModelIsTheSameOverRedis) { ExpectTheSameModelOver(RedisServer::Launch({})); }

TEST(Channels, TheModelIsTheSameOverMemcached) { ExpectTheSameModelOver(MemcachedServer::Launch({})); }

TEST(Channels, TheModelIsTheSameOverS3) { ExpectTheSameModelOver(Radosgw::Launch()); }

TEST(Channels, TheModelIsTheSameOverDynamoDb) { ExpectTheSameModelOver(Dynalite::Launch()); }

class NoLog final : public Log {
 public:
  void Line(std::string_view /*line*/) override {}
};

// Functions are processes, which share no memory; here the workers are threads of one.
TEST(Channels, TheModelIsTheSameOverMemory) {
  Home home;
  const std::string expected = ModelOverFolder(home);
  JobInvocation job{.part = JobInvocation::Part::kWorker,
                    .attempt = "1",
                    .spec = ParseJobSpec(ReadText(home / "job.yaml"), "").value()};
  job.spec.data = "file://" + (home / "data").string();
  job.spec.channel = "memory://channels";
  job = ParseJobInvocation(ToJson(job)).value();  // as it reaches a function
  SystemClock clock;
  NoLog log;
  const auto channel = OpenStore(job.spec.channel, {.clock = clock}).value();
  ASSERT_TRUE(OpenJob(*channel, job).ok());
  testing::Functions functions(clock, log, kPatience);
  for (job.rank = 0; job.rank < kWorkers; ++job.rank) functions.Start(job);
  EXPECT_EQ(functions.Await(), kWorkers);
  const auto model = Load(*channel, job.ModelKey());
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_TRUE(model.value().text() == expected);
}

}  // namespace
}  // namespace lambdaml::e2e
