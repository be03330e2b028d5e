// SPDX-License-Identifier: Apache-2.0

// lambdaml-sim SEED replays one simulation of collective calls and shows what happened, lambdaml-sim job SEED one of a
// whole job; lambdaml-sim [job] [--seeds N] runs the seeds 0 to N - 1 (200) on all processors, of both kinds, or of
// whole jobs alone. Exits 1 if one fails.

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

#include "base/text.h"
#include "tests/sim/collectives_sim.h"
#include "tests/sim/job_sim.h"

namespace lambdaml::sim {
namespace {

constexpr std::uint64_t kSeeds = 200;
constexpr std::uint64_t kSeedsPerLine = 100;

void Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

// What a seed is simulated as.
struct Kind {
  std::string_view name;
  std::string_view command;  // before the seed
  std::string (*text)(std::uint64_t seed);
  Outcome (*simulate)(std::uint64_t seed);
};

constexpr Kind kCalls{
    .name = "collective calls",
    .command = "",
    .text = [](std::uint64_t seed) { return ToText(PlanOf(seed)); },
    .simulate = [](std::uint64_t seed) { return SimulateCollectives(PlanOf(seed)); },
};
constexpr Kind kJobs{
    .name = "whole jobs",
    .command = "job ",
    .text = [](std::uint64_t seed) { return ToText(JobPlanOf(seed)); },
    .simulate = [](std::uint64_t seed) { return SimulateJob(JobPlanOf(seed)); },
};

bool Replay(const Kind& kind, std::uint64_t seed) {
  Print(kind.text(seed));
  const Outcome outcome = kind.simulate(seed);
  Print(ToText(outcome));
  return outcome.result.ok();
}

// Runs seeds on several threads.
class Series {
 public:
  Series(const Kind& kind, std::uint64_t seeds) : kind_(kind), seeds_(seeds) {}

  bool Run() {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
      threads.emplace_back([this] { RunSome(); });
    }
    threads.clear();
    Print(StrCat(kind_.name, ": ", done_, " seeds, ", failed_, " failed, ", schedules_.size(), " different schedules, ",
                 HumanCount(steps_), " steps, ", HumanSeconds(seconds_), " of virtual time\n"));
    return failed_ == 0;
  }

 private:
  void RunSome() {
    for (std::uint64_t seed = next_++; seed < seeds_; seed = next_++) Add(seed, kind_.simulate(seed));
  }

  void Add(std::uint64_t seed, const Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    schedules_.insert(outcome.fingerprint);
    steps_ += static_cast<std::int64_t>(outcome.steps);
    seconds_ += outcome.seconds;
    if (!outcome.result.ok()) {
      ++failed_;
      Print(StrCat("seed ", seed, " failed: ", outcome.result.error().message, "\n  replay it with: ./dev sim ",
                   kind_.command, seed, "\n"));
    }
    if (++done_ % kSeedsPerLine == 0) Print(StrCat(done_, " of ", seeds_, " seeds\n"));
  }

  const Kind& kind_;
  std::uint64_t seeds_;
  std::atomic<std::uint64_t> next_ = 0;
  std::mutex mutex_;  // of what follows
  std::uint64_t done_ = 0;
  std::uint64_t failed_ = 0;
  std::set<std::uint64_t> schedules_;
  std::int64_t steps_ = 0;
  double seconds_ = 0;
};

int Main(std::vector<std::string_view> arguments) {
  const bool jobs_alone = !arguments.empty() && arguments.front() == "job";
  if (jobs_alone) arguments.erase(arguments.begin());
  const bool many = arguments.empty() || arguments.front() == "--seeds";
  std::optional<std::int64_t> number;
  if (!arguments.empty()) number = ParseInteger(arguments.back());
  if (arguments.empty()) number = kSeeds;
  if (!number || *number < 0 || arguments.size() > (many ? 2U : 1U)) {
    std::fputs("usage: lambdaml-sim [job] [SEED | --seeds N]\n", stderr);
    return 2;
  }
  const auto seed = static_cast<std::uint64_t>(*number);
  if (!many) return Replay(jobs_alone ? kJobs : kCalls, seed) ? 0 : 1;
  const bool calls_pass = jobs_alone || Series(kCalls, seed).Run();
  const bool jobs_pass = Series(kJobs, seed).Run();
  return calls_pass && jobs_pass ? 0 : 1;
}

}  // namespace
}  // namespace lambdaml::sim

int main(int count, char** arguments) { return lambdaml::sim::Main({arguments + 1, arguments + count}); }
