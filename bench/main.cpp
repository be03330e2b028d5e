// SPDX-License-Identifier: Apache-2.0
// lambdaml-bench [NAME] [--json FILE]: runs the benches of that name, or all, and prints their tables.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string_view>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "bench/bench.h"

namespace lambdaml::bench {

double Percentile(std::vector<double> samples, double share) {
  const auto at = static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1));
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(at), samples.end());
  return samples[at];
}

Result<double> PeakGrowthOf(const std::function<Result<void>()>& work) {
  int ends[2] = {};
  if (pipe(ends) != 0) return Error{Code::kInternal, "no pipe"};
  const pid_t process = fork();
  if (process == 0) {
    const std::int64_t before = PeakMemoryBytes();
    const Result<void> done = work();
    if (!done.ok()) dprintf(STDERR_FILENO, "%s\n", done.error().message.c_str());
    const auto growth = static_cast<double>(PeakMemoryBytes() - before);
    const ssize_t written = write(ends[1], &growth, sizeof(growth));
    _exit(done.ok() && written == sizeof(growth) ? 0 : 1);
  }
  close(ends[1]);
  double growth = 0;
  const bool told = read(ends[0], &growth, sizeof(growth)) == sizeof(growth);
  close(ends[0]);
  int status = 0;
  waitpid(process, &status, 0);
  if (!told || status != 0) return Error{Code::kInternal, "the process that measures its memory failed"};
  return growth;
}

double Median(std::vector<double> samples) { return Percentile(std::move(samples), 0.5); }

namespace {

// The sum of `count` words, a multiple of 32, in many sums, so that no addition waits for another.
std::uint64_t SumOf(const std::uint64_t* words, std::size_t count) {
  std::array<std::uint64_t, 32> sums{};
  for (std::size_t i = 0; i < count; i += sums.size()) {
    for (std::size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += words[i + lane];
  }
  return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
}

struct Bench {
  std::string_view name;
  Result<Rows> (*run)();
};

constexpr std::array kBenches{
    Bench{"comm", CommBench},       Bench{"data", DataBench},   Bench{"learn", LearnBench},
    Bench{"storage", StorageBench}, Bench{"train", TrainBench},
};

void Print(std::string_view bench, const Rows& rows) {
  std::printf("\n%.*s\n%-44s %12s %-10s %12s %7s  %-18s %s\n", static_cast<int>(bench.size()), bench.data(), "name",
              "value", "unit", "limit", "ratio", "goal", "holds");
  for (const Row& row : rows) {
    const std::string limit = row.limit == 0 ? "-" : Fixed(row.limit, 3);
    const std::string ratio = row.limit == 0 ? "-" : Fixed(row.ratio(), 2);
    std::printf("%-44s %12.3f %-10s %12s %7s  %-18s %s\n", row.name.c_str(), row.value, row.unit.c_str(), limit.c_str(),
                ratio.c_str(), row.goal.c_str(), row.holds ? "yes" : "NO");
  }
}

nlohmann::ordered_json ToJson(const Row& row) {
  return {{"name", row.name},     {"value", row.value}, {"unit", row.unit},  {"limit", row.limit},
          {"ratio", row.ratio()}, {"goal", row.goal},   {"holds", row.holds}};
}

Result<void> Main(std::string_view wanted, const std::string& json_file) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  bool found = false;
  for (const Bench& bench : kBenches) {
    if (!wanted.empty() && wanted != bench.name) continue;
    found = true;
    const Rows rows = TRY(bench.run().Context(bench.name));
    Print(bench.name, rows);
    for (const Row& row : rows) all.push_back(ToJson(row));
  }
  if (!found)
    return Error{Code::kInvalid,
                 StrCat("there is no bench '", wanted, "'; there are comm, data, learn, storage, train")};
  if (json_file.empty()) return {};
  return WriteFileAtomically(json_file, AsBytes(all.dump(2) + "\n"), Durability::kProcess);
}

}  // namespace

double ReadBandwidth(std::size_t threads) {
  constexpr std::size_t kBytes = std::size_t{512} << 20U;
  std::vector<std::uint64_t> words(kBytes / sizeof(std::uint64_t), 1);
  madvise(words.data(), kBytes, MADV_HUGEPAGE);
  double best = 0;
  volatile std::uint64_t sink = 0;
  for (int pass = 0; pass < 7; ++pass) {
    const auto begin = std::chrono::steady_clock::now();
    {
      std::vector<std::jthread> others;
      const std::size_t part = words.size() / threads;
      for (std::size_t i = 1; i < threads; ++i) {
        others.emplace_back([&words, part, i] { [[maybe_unused]] volatile auto sum = SumOf(&words[i * part], part); });
      }
      sink = sink + SumOf(words.data(), part);
    }
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    best = std::max(best, static_cast<double>(kBytes) / spent.count() * 1e-9);
  }
  return best;
}

}  // namespace lambdaml::bench

int main(int argc, char** argv) {
  std::string_view name;
  std::string json_file;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json" && i + 1 < argc) {
      json_file = argv[++i];
    } else {
      name = argv[i];
    }
  }
  const lambdaml::Result<void> done = lambdaml::bench::Main(name, json_file);
  if (done.ok()) return 0;
  std::fprintf(stderr, "lambdaml-bench: %s\n", done.error().message.c_str());
  return 1;
}
