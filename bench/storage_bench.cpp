// SPDX-License-Identifier: Apache-2.0
// Every channel beside what its own server can do: the server's benchmark tool, a bare socket, or one request.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <thread>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "bench/bench.h"
#include "net/stream.h"
#include "storage/layers/checksum.h"
#include "storage/layers/meter.h"
#include "storage/layers/retry.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "storage/testing/dynalite.h"
#include "storage/testing/memcached_server.h"
#include "storage/testing/nginx.h"
#include "storage/testing/radosgw.h"
#include "storage/testing/redis_server.h"

namespace lambdaml::bench {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMegabyte = 1'000'000;
constexpr std::size_t kRedisMegabyte = 1U << 20U;  // what redis-benchmark is told
constexpr int kTransfers = 300;
constexpr int kBatches = 400;
constexpr std::size_t kBatch = 64;

SystemClock clock_of_all;

double SecondsOf(const std::function<Result<void>()>& work, Result<void>& outcome) {
  const auto begin = std::chrono::steady_clock::now();
  Result<void> done = work();
  if (!done.ok()) outcome = std::move(done);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The median of the seconds that each of `times` runs takes.
Result<double> MedianSeconds(int times, const std::function<Result<void>()>& work) {
  Result<void> outcome;
  TRY(work());  // connects
  std::vector<double> samples;
  for (int i = 0; i < times; ++i) samples.push_back(SecondsOf(work, outcome));
  TRY(std::move(outcome));
  return Median(std::move(samples));
}

Result<std::unique_ptr<Store>> OpenOn(TestServer& server) {
  return OpenStore(server.NewUrl(), {.clock = clock_of_all, .environment = server.environment()});
}

Result<void> SetAndGet(Store& store, ByteSpan value) {
  TRY(Save(store, Key("value"), value));
  const Blob back = TRY(Load(store, Key("value")));
  if (back.size() == value.size()) return {};
  return Error{Code::kInternal, "the value came back with another size"};
}

Row AtLeast(std::string name, double value, std::string unit, double limit, double share) {
  return {.name = std::move(name),
          .value = value,
          .unit = std::move(unit),
          .limit = limit,
          .goal = StrCat(">= ", share, " x limit"),
          .holds = value >= share * limit};
}

Row AtMost(std::string name, double value, std::string unit, double limit, double share) {
  return {.name = std::move(name),
          .value = value,
          .unit = std::move(unit),
          .limit = limit,
          .goal = StrCat("<= ", share, " x limit"),
          .holds = value <= share * limit};
}

// A batch of 64 small values beside 64 single gets.
Result<Row> BatchRow(std::string_view channel, Store& store) {
  const Bytes value(100, std::byte{7});
  std::vector<Key> keys;
  std::vector<PutItem> items;
  for (std::size_t i = 0; i < kBatch; ++i) keys.emplace_back(StrCat("small/", i));
  for (const Key& key : keys) items.push_back({.key = key, .value = value});
  TRY(store.Put(items));
  const double single = TRY(MedianSeconds(kBatches, [&]() -> Result<void> {
    TRY(store.Get(std::span(keys).first(1)));
    return {};
  }));
  const double batch = TRY(MedianSeconds(kBatches, [&]() -> Result<void> {
    TRY(store.Get(keys));
    return {};
  }));
  return AtLeast(StrCat(channel, ", gets of 100 B in batches of 64"), kBatch / batch / 1000, "1000/s",
                 1 / single / 1000, 10);
}

// Requests a second of each command, as the tool prints them.
Result<double> RedisBenchmark(int port, std::string_view command) {
  const std::string output = TRY(RunCommand({"redis-benchmark", "-p", StrCat(port), "-c", "1", "-n", StrCat(kTransfers),
                                             "-d", StrCat(kRedisMegabyte), "-t", std::string(command), "--csv"}));
  for (const std::string_view line : SplitText(output, '\n')) {
    const std::vector<std::string_view> cells = SplitText(line, '"');
    if (cells.size() < 4 || cells[1] == "test") continue;
    if (const auto rate = ParseDouble(cells[3])) return *rate;
  }
  return Error{Code::kInternal, StrCat("redis-benchmark said ", output)};
}

constexpr double MegabytesPerSecond(double seconds, std::size_t bytes) {
  return 2 * static_cast<double>(bytes) / seconds / 1e6;
}

// Rounds of the tool and of the store take turns, so that what else the machine does meets both.
Result<Row> RedisTransferRow(Store& store, int port) {
  const Bytes value(kRedisMegabyte, std::byte{7});
  std::vector<double> tool;
  std::vector<double> ours;
  for (int round = 0; round < 3; ++round) {
    tool.push_back(1 / TRY(RedisBenchmark(port, "set")) + 1 / TRY(RedisBenchmark(port, "get")));
    ours.push_back(TRY(MedianSeconds(kTransfers, [&] { return SetAndGet(store, value); })));
  }
  return AtLeast("redis, 1 MB set and get, limit redis-benchmark", MegabytesPerSecond(Median(ours), kRedisMegabyte),
                 "MB/s", MegabytesPerSecond(Median(tool), kRedisMegabyte), 0.8);
}

// What two processes share: which value is next, and when it was put.
struct Meeting {
  std::atomic<int> turn{0};
  std::atomic<std::int64_t> put_ns{0};
};

std::int64_t NowNs() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

constexpr int kTurns = 300;
constexpr auto kIdle = 500us;  // so that the other side has gone to sleep

[[noreturn]] void PutWhenAsked(const std::string& url, Meeting& meeting) {
  const auto store = OpenStore(url, {.clock = clock_of_all});
  bool good = store.ok();
  for (int turn = 1; good && turn <= kTurns; ++turn) {
    while (meeting.turn < turn) std::this_thread::yield();
    std::this_thread::sleep_for(kIdle);
    meeting.put_ns = NowNs();
    good = Save(*store.value(), Key(StrCat("wait/", turn)), AsBytes("here")).ok();
  }
  _exit(good ? 0 : 1);
}

Result<std::vector<double>> WaitSeconds(const std::string& url, Meeting& meeting) {
  const auto store = TRY(OpenStore(url, {.clock = clock_of_all}));
  std::vector<double> samples;
  for (int turn = 1; turn <= kTurns; ++turn) {
    meeting.turn = turn;
    TRY(LoadOrWait(*store, Key(StrCat("wait/", turn)), clock_of_all.Now() + 10s));
    samples.push_back(static_cast<double>(NowNs() - meeting.put_ns) * 1e-9);
  }
  return samples;
}

// Seconds from the begin of a put in one process to the end of the wait in another.
Result<double> WaitLatency(const std::string& url) {
  void* const shared = mmap(nullptr, sizeof(Meeting), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return Error{Code::kInternal, "no shared memory"};
  auto& meeting = *new (shared) Meeting;
  const pid_t putter = fork();
  if (putter == 0) PutWhenAsked(url, meeting);
  Result<std::vector<double>> samples = WaitSeconds(url, meeting);
  meeting.turn = kTurns;  // lets the putter end
  int status = 0;
  waitpid(putter, &status, 0);
  munmap(shared, sizeof(Meeting));
  return Median(TRY(std::move(samples)));
}

// The meta protocol by hand: a set and a get of one value, without a store.
class BareMemcached {
 public:
  static Result<BareMemcached> Connect(int port) {
    return BareMemcached(
        TRY(Stream::Connect({.host = "127.0.0.1", .port = port}, nullptr, clock_of_all, clock_of_all.Now() + 5s)));
  }

  Result<void> SetAndGet(ByteSpan value, std::span<std::byte> into) {
    const Clock::Time deadline = clock_of_all.Now() + 5s;
    const std::string header = StrCat("ms bare ", value.size(), "\r\n");
    const ByteSpan pieces[] = {AsBytes(header), value, AsBytes("\r\n")};
    TRY(stream_.Send(pieces, deadline));
    const std::string stored(TRY(stream_.ReadLine(256, deadline)));
    if (stored != "HD") return Error{Code::kInternal, "memcached said " + stored};
    TRY(stream_.Send("mg bare v\r\n", deadline));
    TRY(stream_.ReadLine(256, deadline));
    TRY(stream_.ReadExactly(into, deadline));
    TRY(stream_.ReadLine(256, deadline));
    return {};
  }

 private:
  explicit BareMemcached(Stream stream) : stream_(std::move(stream)) {}

  Stream stream_;
};

Result<Row> MemcachedTransferRow(Store& store, int port) {
  const Bytes value(kMegabyte, std::byte{7});
  Bytes into(value.size());
  BareMemcached bare = TRY(BareMemcached::Connect(port));
  std::vector<double> limit;
  std::vector<double> ours;
  for (int round = 0; round < 3; ++round) {
    limit.push_back(TRY(MedianSeconds(kTransfers, [&] { return bare.SetAndGet(value, into); })));
    ours.push_back(TRY(MedianSeconds(kTransfers, [&] { return SetAndGet(store, value); })));
  }
  return AtLeast("memcached, 1 MB set and get, limit a socket", MegabytesPerSecond(Median(ours), kMegabyte), "MB/s",
                 MegabytesPerSecond(Median(limit), kMegabyte), 0.8);
}

// 64 gets at once beside one, with a latency for each request, from a server that does nothing but read files: radosgw
// would need most of the time to compute.
Result<Row> OverlapRow() {
  const TemporaryFolder folder = TRY(TemporaryFolder::Make());
  const Bytes value(4096, std::byte{7});
  std::vector<Key> keys;
  for (std::size_t i = 0; i < kBatch; ++i) {
    keys.emplace_back(StrCat("small/", i));
    TRY(WriteFileAtomically(folder.path() / "bucket" / keys.back().text(), value, Durability::kProcess));
  }
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  const auto server = TRY(Nginx::Launch({.folder = folder.path(), .latency_ms = 20}));
  const Environment environment({{"AWS_ACCESS_KEY_ID", "any"}, {"AWS_SECRET_ACCESS_KEY", "any"}});
  const auto store = TRY(OpenStore(StrCat("s3://bucket?endpoint=", server->endpoint()),
                                   {.clock = clock_of_all, .environment = environment}));
  const auto get = [&store](std::span<const Key> some) -> Result<void> {
    for (const auto& found : TRY(store->Get(some))) {
      if (!found || found->size() != 4096) return Error{Code::kInternal, "a value is missing"};
    }
    return {};
  };
  const double all = TRY(MedianSeconds(40, [&] { return get(keys); }));
  const double one = TRY(MedianSeconds(40, [&] { return get(std::span(keys).first(1)); }));
  return AtMost("s3 with 20 ms latency, 64 gets of 4 KB, limit one get", all * 1000, "ms", one * 1000, 1.3);
}

// A value of eleven chunks beside twice one batch of as many bytes.
Result<Rows> RoundTripRows(Store& store) {
  const Bytes value(4 * kMegabyte, std::byte{7});
  constexpr std::size_t kItems = 11;
  std::vector<PutItem> items;
  std::vector<Key> keys;
  for (std::size_t i = 0; i < kItems; ++i) {
    keys.emplace_back(StrCat("item/", i));
    items.push_back({.key = keys.back(), .value = ByteSpan(value).first(value.size() / kItems)});
  }
  const double put_batch = TRY(MedianSeconds(5, [&] { return store.Put(items); }));
  const double get_batch = TRY(MedianSeconds(5, [&]() -> Result<void> {
    TRY(store.Get(keys));
    return {};
  }));
  int puts = 0;
  const double put = TRY(MedianSeconds(5, [&] { return Save(store, Key(StrCat("value/", puts++)), value); }));
  const double get = TRY(MedianSeconds(5, [&]() -> Result<void> {
    TRY(Load(store, Key("value/0")));
    return {};
  }));
  return Rows{
      AtMost("dynamodb with 100 ms latency, put of 4 MB, limit 2 batches", put * 1000, "ms", 2000 * put_batch, 1),
      AtMost("dynamodb with 100 ms latency, get of 4 MB, limit 2 batches", get * 1000, "ms", 2000 * get_batch, 1)};
}

constexpr std::size_t kLargeBytes = std::size_t{256} << 20U;

// The value is there before the put, and comes into being by the get.
Result<Row> MemoryRow(std::string_view channel, TestServer& server) {
  const std::string url = server.NewUrl();
  const Environment environment = server.environment();
  const auto open = [&] { return OpenStore(url, {.clock = clock_of_all, .environment = environment}); };
  Bytes value(kLargeBytes, std::byte{7});
  const double put = TRY(PeakGrowthOf([&]() -> Result<void> { return Save(*TRY(open()), Key("large"), value); }));
  Bytes().swap(value);
  const double get = TRY(PeakGrowthOf([&]() -> Result<void> {
    TRY(Load(*TRY(open()), Key("large")));
    return {};
  }));
  const double size = static_cast<double>(kLargeBytes);
  return AtMost(StrCat(channel, ", memory to put and get 256 MiB, limit its size"), std::max(size + put, get) / 1e6,
                "MB", size / 1e6, 1.3);
}

// The same transfers through the layers and without, in turns.
Result<Row> LayersRow(std::string_view channel, TestServer& server) {
  const std::string url = server.NewUrl("retry=off");
  const StoreOptions options{.clock = clock_of_all, .environment = server.environment()};
  const auto bare = TRY(OpenStore(url, options));
  StoreMeter meter;
  auto layered = WithMeter(TRY(OpenStore(url, options)), clock_of_all, {}, meter);
  layered = WithRetry(WithChecksum(std::move(layered)), clock_of_all, {});
  const Bytes value(kMegabyte - 4, std::byte{7});  // with its checksum it fits where a megabyte does
  std::vector<double> with;
  std::vector<double> without;
  Result<void> outcome;
  for (int i = 0; i < kTransfers; ++i) {
    without.push_back(SecondsOf([&] { return SetAndGet(*bare, value); }, outcome));
    with.push_back(SecondsOf([&] { return SetAndGet(*layered, value); }, outcome));
  }
  TRY(std::move(outcome));
  return AtMost(StrCat(channel, ", 1 MB set and get with retry, meter and checksum"), Median(with) * 1000, "ms",
                Median(without) * 1000, 1.03);
}

Result<void> AddRedis(Rows& rows) {
  const auto server = TRY(RedisServer::Launch({}));
  const auto store = TRY(OpenOn(*server));
  rows.push_back(TRY(RedisTransferRow(*store, server->port())));
  rows.push_back(TRY(BatchRow("redis", *store)));
  rows.push_back(AtMost("redis, wait for what another process puts, limit PING",
                        TRY(WaitLatency(server->NewUrl())) * 1e6, "us", TRY(PingSeconds(server->port())) * 1e6, 2));
  rows.push_back(TRY(MemoryRow("redis", *server)));
  rows.push_back(TRY(LayersRow("redis", *server)));
  return {};
}

Result<void> AddMemcached(Rows& rows) {
  const auto server = TRY(MemcachedServer::Launch({.memory_mb = 1024}));
  const auto store = TRY(OpenOn(*server));
  rows.push_back(TRY(MemcachedTransferRow(*store, server->port())));
  rows.push_back(TRY(BatchRow("memcached", *store)));
  rows.push_back(TRY(MemoryRow("memcached", *server)));
  return {};
}

Result<void> AddS3(Rows& rows) {
  const auto server = TRY(Radosgw::Launch());
  rows.push_back(TRY(OverlapRow()));
  rows.push_back(TRY(MemoryRow("s3", *server)));
  rows.push_back(TRY(LayersRow("s3", *server)));
  return {};
}

Result<void> AddDynamoDb(Rows& rows) {
  const auto server = TRY(Dynalite::Launch());
  const int port = TRY(Endpoint::Parse(server->address(), 0)).port;
  const auto slow = TRY(Nginx::Launch({.port_behind = port, .latency_ms = 100}));
  std::string url = server->NewUrl();
  url.replace(url.find(server->endpoint()), server->endpoint().size(), slow->endpoint());
  const auto store = TRY(OpenStore(url, {.clock = clock_of_all, .environment = server->environment()}));
  for (Row& row : TRY(RoundTripRows(*store))) rows.push_back(std::move(row));
  return {};
}

}  // namespace

Result<double> PingSeconds(int port) {
  Stream stream =
      TRY(Stream::Connect({.host = "127.0.0.1", .port = port}, nullptr, clock_of_all, clock_of_all.Now() + 5s));
  std::vector<double> samples;
  for (int i = 0; i < kTurns; ++i) {
    std::this_thread::sleep_for(kIdle);
    const auto begin = std::chrono::steady_clock::now();
    TRY(stream.Send("PING\r\n", clock_of_all.Now() + 5s));
    TRY(stream.ReadLine(64, clock_of_all.Now() + 5s));
    samples.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return Median(std::move(samples));
}

Result<double> RedisTransferRate(int port) {
  const double sets = TRY(RedisBenchmark(port, "set"));
  const double gets = TRY(RedisBenchmark(port, "get"));
  return MegabytesPerSecond(1 / sets + 1 / gets, kRedisMegabyte);
}

Result<Rows> StorageBench() {
  Rows rows;
  TRY(AddRedis(rows));
  TRY(AddMemcached(rows));
  TRY(AddS3(rows));
  TRY(AddDynamoDb(rows));
  return rows;
}

}  // namespace lambdaml::bench
