// SPDX-License-Identifier: Apache-2.0

// Patterns x channels x ranks x lengths x chaos: every cell must have the bits of the in-memory reference. Channels are
// real servers.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "base/temporary_folder.h"
#include "comm/test_ranks.h"
#include "storage/registry.h"
#include "storage/testing/dynalite.h"
#include "storage/testing/memcached_server.h"
#include "storage/testing/radosgw.h"
#include "storage/testing/redis_server.h"

namespace lambdaml {
namespace {

// Where the ranks of one cell meet: a URL that nobody else uses.
struct Ground {
  std::string url;
  Environment environment{};
};

template <class Server>
TestServer& Started(Result<std::shared_ptr<Server>> server) {
  if (!server.ok()) {
    ADD_FAILURE() << server.error().message;
    std::abort();
  }
  static const std::shared_ptr<Server> kept = std::move(server).value();
  return *kept;
}

Ground On(TestServer& server, std::string_view settings) {
  return {.url = server.NewUrl(settings), .environment = server.environment()};
}

Ground NewGround(const std::string& channel, const std::string& settings) {
  static int grounds = 0;
  const std::string query = settings.empty() ? "" : "?" + settings;
  if (channel == "memory") return {.url = StrCat("memory://matrix", ++grounds, query)};
  if (channel == "redis") {
    static TestServer& server = Started(RedisServer::Launch({}));
    return On(server, settings);
  }
  if (channel == "memcached") {
    static TestServer& server = Started(MemcachedServer::Launch({.memory_mb = 4096}));
    return On(server, settings);
  }
  if (channel == "s3") {
    static TestServer& server = Started(Radosgw::Launch());
    return On(server, settings);
  }
  if (channel == "dynamodb") {
    static TestServer& server = Started(Dynalite::Launch());
    return On(server, settings);
  }
  static const TemporaryFolder folder = TemporaryFolder::Make().value();
  return {.url = StrCat("file://", folder.path(), "/", ++grounds, query)};
}

// The longest is more than one value of DynamoDB or Memcached can be.
std::vector<std::size_t> LengthsOver(const std::string& channel) {
  return {0, 1, 1009, channel == "dynamodb" ? 103'001U : 263'001U};
}

// What the ranks of a cell sum, one after the other.
struct Reference {
  std::vector<std::vector<float>> floats;
  std::vector<double> doubles;
};

const Reference& ReferenceOf(const std::string& channel, int size) {
  static std::map<std::pair<std::string, int>, Reference> made;
  Reference& reference = made[{channel == "dynamodb" ? channel : "", size}];
  if (!reference.floats.empty()) return reference;
  for (const std::size_t length : LengthsOver(channel)) reference.floats.push_back(ExpectedSum<float>(size, length));
  reference.doubles = ExpectedSum<double>(size, 101);
  return reference;
}

// Whole numbers, so that sums are exact: after the call that catches up every rank has had all of everybody.
Result<void> SumStale(Communicator& peers, std::uint64_t staleness) {
  constexpr int kCalls = 4;
  double had = 0;
  for (int call = 0; call < kCalls; ++call) {
    std::vector<float> values(300, static_cast<float>(peers.rank() + 1));
    TRY(peers.AllReduce({.values = values, .staleness = call + 1 < kCalls ? staleness : 0}));
    had += static_cast<double>(values.back());
  }
  const double all = kCalls * peers.size() * (peers.size() + 1) / 2.0;
  return had == all ? Result<void>() : Error{Code::kInternal, StrCat("had ", had, " of ", all)};
}

struct Member {
  int rank = 0;
  int size = 1;
};

Result<void> RunRank(const Ground& ground, const std::string& pattern, Member member, const Reference& reference) {
  SystemClock clock;
  const auto background = MakeBackground(4);
  const auto store = TRY(OpenStore(ground.url, {.clock = clock, .environment = ground.environment}));
  const auto peers = TRY(Join(pattern, {.store = *store,
                                        .clock = clock,
                                        .background = *background,
                                        .job = kTestJob,
                                        .abort = kTestAbort,
                                        .rank = member.rank,
                                        .size = member.size,
                                        .timeout = std::chrono::seconds(100)}));
  for (const std::vector<float>& expected : reference.floats) TRY(AllReduceAndCompare(*peers, expected));
  TRY(AllReduceAndCompare(*peers, reference.doubles));
  TRY(SumStale(*peers, 2));
  return SumStale(*peers, kAnyStaleness);
}

using Cell = std::tuple<std::string, std::string, int, std::string>;  // channel, pattern, ranks, chaos

class Matrix : public ::testing::TestWithParam<Cell> {};

TEST_P(Matrix, HasTheBitsOfTheReference) {
  const auto& [channel, pattern, size, chaos] = GetParam();
  const Ground ground = NewGround(channel, chaos);
  const Reference& reference = ReferenceOf(channel, size);
  std::vector<Result<void>> results(static_cast<std::size_t>(size));
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&ground, &results, &reference, rank, pattern = pattern, size = size] {
      results[static_cast<std::size_t>(rank)] = RunRank(ground, pattern, {rank, size}, reference);
    });
  }
  threads.clear();
  EXPECT_EQ(Failures(results), "");
  SystemClock clock;
  const auto store = OpenStore(ground.url, {.clock = clock, .environment = ground.environment});
  ASSERT_TRUE(store.ok()) << store.error().message;
  EXPECT_TRUE(Clear(*store.value(), kTestJob).ok());
}

std::vector<std::string> PatternNames() {
  std::vector<std::string> names;
  for (const Pattern& pattern : Patterns()) names.emplace_back(pattern.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Cells, Matrix,
                         ::testing::Combine(::testing::Values("memory", "file", "redis", "memcached", "s3", "dynamodb"),
                                            ::testing::ValuesIn(PatternNames()), ::testing::Values(1, 2, 3, 4, 7, 16),
                                            ::testing::Values("",
                                                              "chaos=7&retry=60s&errors=0.05&lost=0.05&delays=0.05")),
                         [](const auto& cell) {
                           return StrCat(std::get<0>(cell.param), "_", std::get<1>(cell.param), "_",
                                         std::get<2>(cell.param), std::get<3>(cell.param).empty() ? "" : "_chaos");
                         });

}  // namespace
}  // namespace lambdaml
