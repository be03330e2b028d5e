// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/collectives_sim.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "comm/registry.h"
#include "storage/layers/poll.h"
#include "storage/layers/retry.h"
#include "tests/sim/calls.h"
#include "tests/sim/leftover.h"
#include "tests/sim/watch.h"

namespace lambdaml::sim {

namespace {

const Key kJob("jobs/sim/1");
const Key kAbort("jobs/sim/1/abort");

constexpr std::chrono::minutes kTimeout{5};  // of a call; longer than every accident
constexpr std::size_t kThreads = 4;

// Rounds whose messages may be in the channel at once.
constexpr std::size_t kRoundsAliveMax = 32;

// Where a rank can be taken over.
struct Checkpoint {
  std::size_t unit = 0;     // the first behind it
  std::uint64_t round = 0;  // the first call of that unit
};

// A rank in one process.
struct Member {
  Member(Scheduler& scheduler, std::uint64_t its_number, int its_rank, std::string name)
      : number(its_number), rank(its_rank), process(scheduler, std::move(name)) {}

  std::uint64_t number;
  int rank;
  Process process;
  Checkpoint at;                                               // what it has completed
  std::uint64_t first_round = 0;                               // of this process
  std::vector<Checkpoint> checkpoints{{}};                     // passed, the oldest first
  std::uint64_t forgotten_before = 0;                          // by this process
  std::uint64_t swept_before = 0;                              // likewise: what is older must be gone
  std::optional<Clock::Duration> dies_behind_unit;             // how long before it is replaced
  std::vector<std::pair<std::uint64_t, std::size_t>> written;  // before which round how many objects
  std::unique_ptr<Watch> watch;
  bool takes_over = false;
  bool is_twin = false;
  bool has_ended = false;
};

class Job {
 public:
  explicit Job(const Plan& plan)
      : plan_(plan), scheduler_(plan.seed), channel_(scheduler_, plan.channel), witness_(plan) {}

  Outcome Run();

 private:
  Member& Add(int rank, std::string name);
  void StartMember(Member& member);
  void ArrangeDeath(Member& member);
  void Kill(Member& member, Clock::Duration until);
  void Replace(const Member& dead);
  void DrawStart(Member& member, const Member& dead);
  void Live(Member& member);
  Result<void> Work(Member& member);
  void Completed(Member& member, Communicator& peers);
  void PassCheckpoint(Member& member, Communicator& peers);
  void FenceOutTwinOf(const Member& member);
  std::unique_ptr<Store> OpenChannel(Member& member, Clock& clock);
  Result<void> CheckEnd() const;
  Result<void> CheckCounts() const;
  Result<void> CheckRounds() const;
  bool MayBeAlive(const Key& key) const;
  std::size_t ObjectsMax(const Member& member) const;

  const Plan& plan_;
  Scheduler scheduler_;
  Channel channel_;
  Witness witness_;
  std::vector<Death> deaths_ = plan_.deaths;  // not yet arranged
  Random starts_{plan_.seed, 3};              // of those who take over
  std::deque<Member> members_;
};

Outcome Job::Run() {
  for (int rank = 0; rank < plan_.size; ++rank) {
    const bool is_twin = std::ranges::count(plan_.twins, rank) != 0;
    for (int copy = 0; copy < (is_twin ? 2 : 1); ++copy) {
      Member& member = Add(rank, StrCat("rank ", rank, copy == 0 ? "" : " (twin)"));
      member.is_twin = is_twin;
      member.takes_over = plan_.fences_twins && copy == 1;
      StartMember(member);
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

Member& Job::Add(int rank, std::string name) {
  Member& member = members_.emplace_back(scheduler_, members_.size(), rank, std::move(name));
  ArrangeDeath(member);
  if (plan_.detects_after) member.watch = std::make_unique<Watch>(member.process, rank, *plan_.detects_after);
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
      const bool is_stale =
          member.at.unit < plan_.units.size() && plan_.units[member.at.unit].kind == Unit::Kind::kStale;
      if (is_stale) member.dies_behind_unit = death.until;
      if (!is_stale) Kill(member, death.until);
    });
  });
}

void Job::Kill(Member& member, Clock::Duration until) {
  member.process.Kill();
  scheduler_.At(scheduler_.now() + until, [this, &member] { Replace(member); });
}

void Job::Replace(const Member& dead) {
  if (scheduler_.failed()) return;
  Member& member = Add(dead.rank, StrCat(dead.process.name(), "'"));
  member.at = dead.at;
  if (plan_.makes_checkpoints) DrawStart(member, dead);
  member.first_round = member.at.round;
  member.takes_over = true;
  StartMember(member);
}

// At one of the last checkpoints of its predecessor.
void Job::DrawStart(Member& member, const Member& dead) {
  const std::size_t choices = std::min(plan_.checkpoints_kept, dead.checkpoints.size());
  member.checkpoints = dead.checkpoints;
  member.checkpoints.resize(dead.checkpoints.size() - starts_.Below(choices));
  member.at = member.checkpoints.back();
}

void Job::Live(Member& member) {
  const Result<void> result = Work(member);
  if (member.process.dead()) return;
  member.has_ended = result.ok();
  if (result.ok()) return;
  // Whoever runs twice may wait for what is gone, because the other one has long had it.
  if (member.is_twin && result.error().code == Code::kTimeout) return;
  if (member.watch && member.watch->is_fenced_out() && result.error().code == Code::kConflict) return;
  scheduler_.Fail(StrCat(member.process.name(), ": ", Name(result.error().code), ": ", result.error().message));
}

Result<void> Job::Work(Member& member) {
  SimClock clock(member.process);
  SimBackground background(member.process, kThreads);
  const std::unique_ptr<Store> store = OpenChannel(member, clock);
  const auto peers = TRY(Join(plan_.pattern, {.store = *store,
                                              .clock = clock,
                                              .background = background,
                                              .job = kJob,
                                              .abort = kAbort,
                                              .rank = member.rank,
                                              .size = plan_.size,
                                              .timeout = kTimeout,
                                              .first_round = member.first_round,
                                              .format = plan_.format,
                                              .piece_bytes = plan_.piece_bytes,
                                              .keeps_results = plan_.makes_checkpoints,
                                              .replays = plan_.makes_checkpoints && member.takes_over,
                                              .detector = member.watch.get()}));
  Random thoughts(plan_.seed, 1000 + member.number);
  const Caller caller{.plan = plan_, .witness = witness_, .clock = clock, .peers = *peers, .thoughts = thoughts};
  while (member.at.unit < plan_.units.size()) {
    Result<void> done = DoUnit(caller, member.at.unit);
    if (member.process.dead()) return {};
    TRY(std::move(done));
    Completed(member, *peers);
    if (member.process.dead()) return {};
  }
  return {};
}

void Job::Completed(Member& member, Communicator& peers) {
  const bool is_checkpoint = plan_.units[member.at.unit].ends_with_checkpoint;
  member.at = {.unit = member.at.unit + 1, .round = peers.next_round()};
  member.written.emplace_back(member.at.round, channel_.WrittenBy(member.process));
  // What is replayed deletes nothing.
  if (peers.use().last_calls.back().outcome == "done") member.swept_before = member.forgotten_before;
  if (is_checkpoint) PassCheckpoint(member, peers);
  if (plan_.fences_twins && member.is_twin) FenceOutTwinOf(member);
  if (member.dies_behind_unit) Kill(member, *member.dies_behind_unit);
}

// All ranks have passed the checkpoint before, so that is where one that dies now is taken over, or at one of those
// before it that are kept. Not at one before a stale unit that is over.
void Job::PassCheckpoint(Member& member, Communicator& peers) {
  const std::size_t passed = member.checkpoints.size();
  member.forgotten_before = member.checkpoints[passed - std::min(plan_.checkpoints_kept, passed)].round;
  peers.Forget(member.forgotten_before);
  if (plan_.units[member.at.unit - 1].kind == Unit::Kind::kStale) member.checkpoints.clear();
  member.checkpoints.push_back(member.at);
}

// If it can go on alone: the other one may be further, but not beyond a checkpoint.
void Job::FenceOutTwinOf(const Member& member) {
  if (member.at.unit <= plan_.fence_unit) return;
  for (Member& other : members_) {
    const bool is_before = other.rank == member.rank && other.number < member.number;
    if (is_before && other.checkpoints.back().round <= member.checkpoints.back().round) other.watch->FenceOut();
  }
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
  return plan_.makes_checkpoints ? CheckRounds() : CheckCounts();
}

Result<void> Job::CheckCounts() const {
  for (const Member& member : members_) {
    const std::size_t objects = channel_.ObjectsOf(member.process);
    if (member.process.killed() || objects <= ObjectsMax(member)) continue;
    return Error{Code::kInternal, StrCat(member.process.name(), " has left ", objects,
                                         " objects, expected no more than ", ObjectsMax(member))};
  }
  return {};
}

// Whatever is there is of the last rounds, or of those that were kept for ranks that take over.
Result<void> Job::CheckRounds() const {
  for (const Key& key : channel_.Alive()) {
    if (!MayBeAlive(key)) return Error{Code::kInternal, StrCat(key.text(), " is still there")};
  }
  return {};
}

bool Job::MayBeAlive(const Key& key) const {
  const Leftover leftover = LeftoverOf(key, kJob, plan_.size);
  const auto allows = [&leftover](const Member& member) {
    if (member.rank != leftover.writer || member.process.killed()) return false;
    const bool is_of_dead = leftover.round < member.first_round;
    const bool is_kept = leftover.is_kept && leftover.last_round >= member.swept_before;
    return is_of_dead || is_kept || leftover.last_round + kRoundsAliveMax > member.at.round;
  };
  return std::ranges::any_of(members_, allows);
}

// What it has written in its last rounds.
std::size_t Job::ObjectsMax(const Member& member) const {
  std::size_t before = 0;
  for (const auto& [round, written] : member.written) {
    if (round + kRoundsAliveMax <= member.at.round) before = written;
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
