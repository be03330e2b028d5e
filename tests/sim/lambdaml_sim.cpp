// SPDX-License-Identifier: Apache-2.0

// lambdaml-sim SEED replays one simulated job and shows what happened; lambdaml-sim [--seeds N] runs the seeds 0 to
// N - 1 (200) on all processors. Exits 1 if one fails.

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

namespace lambdaml::sim {
namespace {

constexpr std::uint64_t kSeeds = 200;
constexpr std::uint64_t kSeedsPerLine = 100;

void Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

bool Replay(std::uint64_t seed) {
  const Plan plan = PlanOf(seed);
  Print(ToText(plan));
  const Outcome outcome = SimulateCollectives(plan);
  Print(ToText(outcome));
  return outcome.result.ok();
}

// Runs seeds on several threads.
class Series {
 public:
  explicit Series(std::uint64_t seeds) : seeds_(seeds) {}

  bool Run() {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
      threads.emplace_back([this] { RunSome(); });
    }
    threads.clear();
    Print(StrCat(done_, " seeds, ", failed_, " failed, ", schedules_.size(), " different schedules, ",
                 HumanCount(steps_), " steps, ", HumanSeconds(seconds_), " of virtual time\n"));
    return failed_ == 0;
  }

 private:
  void RunSome() {
    for (std::uint64_t seed = next_++; seed < seeds_; seed = next_++) Add(seed, SimulateCollectives(PlanOf(seed)));
  }

  void Add(std::uint64_t seed, const Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    schedules_.insert(outcome.fingerprint);
    steps_ += static_cast<std::int64_t>(outcome.steps);
    seconds_ += outcome.seconds;
    if (!outcome.result.ok()) {
      ++failed_;
      Print(StrCat("seed ", seed, " failed: ", outcome.result.error().message, "\n  replay it with: ./dev sim ", seed,
                   "\n"));
    }
    if (++done_ % kSeedsPerLine == 0) Print(StrCat(done_, " of ", seeds_, " seeds\n"));
  }

  std::uint64_t seeds_;
  std::atomic<std::uint64_t> next_ = 0;
  std::mutex mutex_;  // of what follows
  std::uint64_t done_ = 0;
  std::uint64_t failed_ = 0;
  std::set<std::uint64_t> schedules_;
  std::int64_t steps_ = 0;
  double seconds_ = 0;
};

int Main(const std::vector<std::string_view>& arguments) {
  const bool many = arguments.empty() || arguments.front() == "--seeds";
  std::optional<std::int64_t> number;
  if (!arguments.empty()) number = ParseInteger(arguments.back());
  if (arguments.empty()) number = kSeeds;
  if (!number || *number < 0 || arguments.size() > (many ? 2U : 1U)) {
    std::fputs("usage: lambdaml-sim [SEED | --seeds N]\n", stderr);
    return 2;
  }
  const auto seed = static_cast<std::uint64_t>(*number);
  return (many ? Series(seed).Run() : Replay(seed)) ? 0 : 1;
}

}  // namespace
}  // namespace lambdaml::sim

int main(int count, char** arguments) { return lambdaml::sim::Main({arguments + 1, arguments + count}); }
