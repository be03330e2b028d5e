// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/collectives_sim.h"

#include <algorithm>
#include <deque>
#include <memory>

#include "base/text.h"
#include "comm/registry.h"
#include "storage/layers/poll.h"
#include "storage/layers/retry.h"
#include "tests/sim/calls.h"

namespace lambdaml::sim {

namespace {

const Key kJob("jobs/sim/1");
const Key kAbort("jobs/sim/1/abort");

constexpr std::chrono::minutes kTimeout{5};  // of a call; longer than every accident
constexpr std::size_t kThreads = 4;

// Rounds whose messages may be in the channel at once.
constexpr std::size_t kRoundsAliveMax = 32;

// A rank in one process.
struct Member {
  Member(Scheduler& scheduler, std::uint64_t its_number, int its_rank, std::string name)
      : number(its_number), rank(its_rank), process(scheduler, std::move(name)) {}

  std::uint64_t number;
  int rank;
  Process process;
  std::size_t unit = 0;                                        // the first that it has not completed
  std::uint64_t round = 0;                                     // the first call of that unit
  std::vector<std::pair<std::uint64_t, std::size_t>> written;  // before which round how many objects
  bool is_twin = false;
  bool has_ended = false;
};

class Job {
 public:
  explicit Job(const Plan& plan)
      : plan_(plan), scheduler_(plan.seed), channel_(scheduler_, plan.channel), witness_(plan) {}

  Outcome Run();

 private:
  Member& Begin(int rank, std::string name);
  void StartMember(Member& member);
  void ArrangeDeath(Member& member);
  void Replace(const Member& dead);
  void Live(Member& member);
  Result<void> Work(Member& member);
  std::unique_ptr<Store> OpenChannel(Member& member, Clock& clock);
  Result<void> CheckEnd() const;
  std::size_t ObjectsMax(const Member& member) const;

  const Plan& plan_;
  Scheduler scheduler_;
  Channel channel_;
  Witness witness_;
  std::vector<Death> deaths_ = plan_.deaths;  // not yet arranged
  std::deque<Member> members_;
};

Outcome Job::Run() {
  for (int rank = 0; rank < plan_.size; ++rank) {
    const bool is_twin = std::ranges::count(plan_.twins, rank) != 0;
    for (int copy = 0; copy < (is_twin ? 2 : 1); ++copy) {
      Member& member = Begin(rank, StrCat("rank ", rank, copy == 0 ? "" : " (twin)"));
      member.is_twin = is_twin;
    }
  }
  for (const Pause& pause : plan_.pauses) {
    Process& process = std::ranges::find(members_, pause.rank, &Member::rank)->process;
    process.AtPoint(pause.point, [this, &process, pause] { process.PauseUntil(scheduler_.now() + pause.time); });
  }
  Outcome outcome;
  outcome.result = scheduler_.Run();
  if (outcome.result.ok()) outcome.result = CheckEnd();
  outcome.fingerprint = scheduler_.fingerprint();
  outcome.steps = scheduler_.steps();
  outcome.seconds = Seconds(scheduler_.now() - Scheduler::kStart);
  outcome.faults = channel_.faults();
  outcome.last_steps = scheduler_.LastSteps();
  return outcome;
}

Member& Job::Begin(int rank, std::string name) {
  Member& member = members_.emplace_back(scheduler_, members_.size(), rank, std::move(name));
  ArrangeDeath(member);
  StartMember(member);
  return member;
}

void Job::StartMember(Member& member) {
  scheduler_.Start(member.process.name(), [this, &member] { Live(member); });
}

void Job::ArrangeDeath(Member& member) {
  const auto at = std::ranges::find(deaths_, member.rank, &Death::rank);
  if (at == deaths_.end()) return;
  const Death death = *at;
  deaths_.erase(at);
  member.process.AtPoint(death.point, [this, &member, death] {
    scheduler_.At(scheduler_.now() + death.after, [this, &member, death] {
      if (member.has_ended) return;
      member.process.Kill();
      scheduler_.At(scheduler_.now() + death.until, [this, &member] { Replace(member); });
    });
  });
}

void Job::Replace(const Member& dead) {
  if (scheduler_.failed()) return;
  Member& member = Begin(dead.rank, StrCat(dead.process.name(), "'"));
  member.unit = dead.unit;
  member.round = dead.round;
}

void Job::Live(Member& member) {
  const Result<void> result = Work(member);
  if (member.process.dead()) return;
  member.has_ended = result.ok();
  if (result.ok()) return;
  // Whoever runs twice may wait for what is gone, because the other one has long had it.
  if (member.is_twin && result.error().code == Code::kTimeout) return;
  scheduler_.Fail(StrCat(member.process.name(), ": ", Name(result.error().code), ": ", result.error().message));
}

Result<void> Job::Work(Member& member) {
  SimClock clock(member.process);
  SimBackground background(member.process, kThreads);
  const std::unique_ptr<Store> store = OpenChannel(member, clock);
  const std::uint64_t first_round = member.round;
  const auto peers = TRY(Join(plan_.pattern, {.store = *store,
                                              .clock = clock,
                                              .background = background,
                                              .job = kJob,
                                              .abort = kAbort,
                                              .rank = member.rank,
                                              .size = plan_.size,
                                              .timeout = kTimeout,
                                              .first_round = first_round,
                                              .format = plan_.format,
                                              .piece_bytes = plan_.piece_bytes}));
  Random thoughts(plan_.seed, 1000 + member.number);
  const Caller caller{.plan = plan_, .witness = witness_, .clock = clock, .peers = *peers, .thoughts = thoughts};
  while (member.unit < plan_.units.size()) {
    Result<void> done = DoUnit(caller, member.unit);
    if (member.process.dead()) return {};
    TRY(std::move(done));
    ++member.unit;
    member.round = first_round + peers->use().rounds;
    member.written.emplace_back(member.round, channel_.WrittenBy(member.process));
  }
  return {};
}

// As OpenStore puts a remote channel together.
std::unique_ptr<Store> Job::OpenChannel(Member& member, Clock& clock) {
  std::unique_ptr<Store> store = channel_.Open(member.process);
  store = WithRetry(std::move(store), clock, {.seed = Mix(plan_.seed, member.number)});
  return plan_.channel.limits.waits_natively ? std::move(store) : WithPolling(std::move(store), clock, nullptr);
}

Result<void> Job::CheckEnd() const {
  for (int rank = 0; rank < plan_.size; ++rank) {
    const bool is_done =
        std::ranges::any_of(members_, [rank](const Member& member) { return member.rank == rank && member.has_ended; });
    if (!is_done) return Error{Code::kInternal, StrCat("rank ", rank, " has not made all its calls")};
  }
  for (const Member& member : members_) {
    const std::size_t objects = channel_.ObjectsOf(member.process);
    if (member.process.killed() || objects <= ObjectsMax(member)) continue;
    return Error{Code::kInternal, StrCat(member.process.name(), " has left ", objects,
                                         " objects, expected no more than ", ObjectsMax(member))};
  }
  return {};
}

// What it has written in its last rounds.
std::size_t Job::ObjectsMax(const Member& member) const {
  std::size_t before = 0;
  for (const auto& [round, written] : member.written) {
    if (round + kRoundsAliveMax <= member.round) before = written;
  }
  return channel_.WrittenBy(member.process) - before;
}

}  // namespace

Outcome SimulateCollectives(const Plan& plan) { return Job(plan).Run(); }

std::string ToText(const Outcome& outcome) {
  std::string text;
  for (const std::string& step : outcome.last_steps) text += StrCat("  ", step, "\n");
  text += StrCat("faults: ", outcome.faults.slow, " slow calls, ", outcome.faults.errors, " errors, ",
                 outcome.faults.lost_replies, " lost replies, ", outcome.faults.repeats, " items once more, ",
                 outcome.faults.stale_reads, " stale reads\n");
  text += StrCat(outcome.steps, " steps, ", HumanSeconds(outcome.seconds), " of virtual time, schedule ",
                 outcome.fingerprint, "\n");
  return text + (outcome.result.ok() ? "passed\n" : StrCat("FAILED: ", outcome.result.error().message, "\n"));
}

}  // namespace lambdaml::sim
