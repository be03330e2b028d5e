// SPDX-License-Identifier: Apache-2.0
// The time of one all-reduce among processes of this machine: through a folder, beside the time that the system calls
// of such a round take by themselves on the same folder; and through Redis, beside a PING and what the server's own
// benchmark moves.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "bench/bench.h"
#include "comm/registry.h"
#include "storage/registry.h"
#include "storage/testing/redis_server.h"

namespace lambdaml::bench {

namespace {

constexpr int kRanks = 4;
constexpr std::size_t kElements = 7850;  // softmax regression on images of 28 x 28 in 10 classes
constexpr std::size_t kWarmUp = 50;
constexpr std::size_t kRounds = 500;
constexpr std::size_t kLongRounds = 30;
constexpr double kGoalMs = 2;

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lambdaml-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

double MsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

// Milliseconds of each round of each rank, written by the processes of the ranks.
using Samples = std::array<std::array<double, kRounds>, kRanks>;

class SharedSamples {
 public:
  SharedSamples() : at_(mmap(nullptr, sizeof(Samples), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {}
  SharedSamples(const SharedSamples&) = delete;
  SharedSamples& operator=(const SharedSamples&) = delete;
  ~SharedSamples() {
    if (ok()) munmap(at_, sizeof(Samples));
  }

  bool ok() const { return at_ != MAP_FAILED; }
  Samples& get() { return *static_cast<Samples*>(at_); }

 private:
  void* at_;
};

// What the processes do.
struct Run {
  const Pattern& pattern;
  std::string url;
  std::size_t elements = kElements;
  std::size_t rounds = kRounds;
};

Result<void> RunRank(const Run& run, int rank, std::array<double, kRounds>& samples) {
  SystemClock clock;
  const std::unique_ptr<Store> store = TRY(OpenStore(run.url, {.clock = clock}));
  const Key job = Key("jobs/bench") / run.pattern.name;
  const auto background = MakeBackground(4);
  const auto peers = TRY(Join(run.pattern.name, {.store = *store,
                                                 .clock = clock,
                                                 .background = *background,
                                                 .job = job,
                                                 .abort = job / "abort",
                                                 .rank = rank,
                                                 .size = kRanks,
                                                 .timeout = std::chrono::seconds(20)}));
  std::vector<float> values(run.elements);
  for (std::size_t round = 0; round < kWarmUp + run.rounds; ++round) {
    std::fill(values.begin(), values.end(), 1.0F);
    const auto begin = std::chrono::steady_clock::now();
    TRY(peers->AllReduce(std::span(values)));
    if (round >= kWarmUp) samples[round - kWarmUp] = MsSince(begin);
    if (values.back() != kRanks) return Error{Code::kInternal, "the sum is wrong"};
  }
  return {};
}

// One process for each rank.
Result<std::vector<double>> Measure(const Run& run) {
  SharedSamples samples;
  if (!samples.ok()) return Error{Code::kInternal, "no shared memory"};
  std::vector<pid_t> processes;
  for (int rank = 0; rank < kRanks; ++rank) {
    const pid_t process = fork();
    if (process == 0) {
      const Result<void> ran = RunRank(run, rank, samples.get()[static_cast<std::size_t>(rank)]);
      if (!ran.ok()) dprintf(STDERR_FILENO, "%s\n", ran.error().message.c_str());
      _exit(ran.ok() ? 0 : 1);
    }
    if (process > 0) processes.push_back(process);
  }
  bool good = processes.size() == kRanks;
  for (const pid_t process : processes) {
    int status = 0;
    good = waitpid(process, &status, 0) == process && status == 0 && good;
  }
  if (!good) return Error{Code::kInternal, StrCat("a rank of pattern ", run.pattern.name, " failed")};
  std::vector<double> all;
  for (const auto& of_rank : samples.get()) {
    all.insert(all.end(), of_rank.begin(), of_rank.begin() + static_cast<std::ptrdiff_t>(run.rounds));
  }
  return all;
}

// Milliseconds of the bare system calls for one message.
struct SystemCallCost {
  double write_and_delete = 0;
  double read = 0;
};

bool WriteRead(const std::string& path, Bytes& bytes, SystemCallCost& cost) {
  const std::string temporary = path + ".new";
  auto begin = std::chrono::steady_clock::now();
  FileDescriptor out(open(temporary.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
  bool good = write(out.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  out.Close();
  good = rename(temporary.c_str(), path.c_str()) == 0 && good;
  cost.write_and_delete = MsSince(begin);

  begin = std::chrono::steady_clock::now();
  FileDescriptor in(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  good = fstat(in.get(), &status) == 0 && good;
  good = read(in.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && good;
  in.Close();
  cost.read = MsSince(begin);

  begin = std::chrono::steady_clock::now();
  good = unlink(path.c_str()) == 0 && good;
  cost.write_and_delete += MsSince(begin);
  return good;
}

// What the processors need for the system calls of one round if nobody ever waits.
Result<double> LimitMs(const RoundCost& cost, const std::string& folder) {
  Bytes bytes(cost.bytes_written / cost.puts, std::byte{1});
  std::vector<double> write_and_delete;
  std::vector<double> read;
  for (std::size_t i = 0; i < kRounds; ++i) {
    SystemCallCost one;
    if (!WriteRead(folder + "/limit", bytes, one)) return Error{Code::kInternal, "cannot write in " + folder};
    write_and_delete.push_back(one.write_and_delete);
    read.push_back(one.read);
  }
  const double work = static_cast<double>(cost.puts) * Median(std::move(write_and_delete)) +
                      static_cast<double>(cost.gets) * Median(std::move(read));
  return work / static_cast<double>(std::min<std::size_t>(AvailableThreads(), kRanks));
}

Result<Rows> FolderRounds() {
  const Folder folder;
  if (folder.path().empty()) return Error{Code::kInvalid, "cannot make a temporary folder; set TMPDIR to one"};
  Rows rows;
  for (const Pattern& pattern : Patterns()) {
    if (pattern.cost == nullptr) continue;
    const double limit = TRY(LimitMs(pattern.cost({.ranks = kRanks, .elements = kElements}), folder.path()));
    const std::vector<double> samples = TRY(Measure({.pattern = pattern, .url = "file://" + folder.path()}));
    const std::string name = StrCat(pattern.name, " file://, 4 processes, 7,850 floats, p");
    const double p50 = Median(samples);
    const bool has_goal = pattern.name == "scatter_reduce";
    rows.push_back({.name = name + "50",
                    .value = p50,
                    .unit = "ms",
                    .limit = limit,
                    .goal = has_goal ? StrCat("<= ", kGoalMs, " ms") : "",
                    .holds = !has_goal || p50 <= kGoalMs});
    rows.push_back({.name = name + "99", .value = Percentile(samples, 0.99), .unit = "ms", .limit = limit, .goal = {}});
  }
  return rows;
}

// 1,000 floats beside six PINGs, and 8 MB beside the bytes that the server's benchmark moves in values of 1 MB.
Result<Rows> RedisRounds() {
  constexpr std::size_t kShort = 1000;
  constexpr std::size_t kLong = 2'000'000;
  constexpr double kPings = 6;
  const auto server = TRY(RedisServer::Launch({}));
  const double ping_ms = TRY(PingSeconds(server->port())) * 1e3;
  const double moved = TRY(RedisTransferRate(server->port()));
  Rows rows;
  for (const Pattern& pattern : Patterns()) {
    const double p50 = Median(TRY(Measure({.pattern = pattern, .url = server->NewUrl(), .elements = kShort})));
    const bool has_goal = pattern.name == "auto";
    rows.push_back({.name = StrCat(pattern.name, " redis://, 4 processes, 1,000 floats, p50, limit PING"),
                    .value = p50,
                    .unit = "ms",
                    .limit = ping_ms,
                    .goal = has_goal ? StrCat("<= ", kPings, " x limit") : "",
                    .holds = !has_goal || p50 <= kPings * ping_ms});
  }
  for (const Pattern& pattern : Patterns()) {
    if (pattern.cost == nullptr) continue;
    const RoundCost cost = pattern.cost({.ranks = kRanks, .elements = kLong});
    const double ms =
        Median(TRY(Measure({.pattern = pattern, .url = server->NewUrl(), .elements = kLong, .rounds = kLongRounds})));
    const double rate = static_cast<double>(cost.bytes_written + cost.bytes_read) / ms * 1e-3;
    const bool has_goal = pattern.name == "all_gather";
    rows.push_back({.name = StrCat(pattern.name, " redis://, 4 processes, 8 MB, limit redis-benchmark"),
                    .value = rate,
                    .unit = "MB/s",
                    .limit = moved,
                    .goal = has_goal ? ">= 0.5 x limit" : "",
                    .holds = !has_goal || rate >= 0.5 * moved});
  }
  return rows;
}

}  // namespace

Result<Rows> CommBench() {
  Rows rows;
  for (const auto part : {FolderRounds, RedisRounds, InjectedRounds, MergeBench}) {
    Rows more = TRY(part());
    std::ranges::move(more, std::back_inserter(rows));
  }
  return rows;
}

}  // namespace lambdaml::bench
