// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/job_sim.h"

#include <cmath>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/text.h"
#include "coordination/job_state.h"
#include "coordination/roster.h"
#include "data/generate.h"
#include "platform/trigger.h"
#include "storage/layers/meter.h"
#include "storage/layers/poll.h"
#include "storage/layers/retry.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "tests/sim/speakers.h"
#include "tests/sim/story.h"
#include "worker/run.h"

namespace lambdaml::sim {

namespace {

constexpr std::size_t kFunctionsMax = 300;
constexpr Limits kLimits{.time = std::chrono::hours(3), .steps = 5'000'000};

// Made once, and there as long as the program runs.
void MakeRows(const std::string& url) {
  static std::once_flag once;
  static SystemClock clock;
  static std::unique_ptr<Store> rows;
  std::call_once(once, [&url] {
    rows = OpenStore(url, {.clock = clock}).value();
    const Choice generator{"blobs", {{"rows", "120"}, {"columns", "5"}, {"classes", "3"}, {"spread", "1.5"}}};
    const ShardSink sink = [](std::string_view name, ByteSpan content) {
      return Save(*rows, Key(std::string(name)), content);
    };
    GenerateDataset(generator, 1, sink, {}).value();
  });
}

// What came out of a job.
struct Ended {
  Outcome outcome;
  JobEnd end;
  Bytes model;
};

// A running invocation: a process of its own.
struct Function {
  Function(Scheduler& scheduler, std::uint64_t its_number, JobInvocation its_invocation, std::string name)
      : number(its_number),
        invocation(std::move(its_invocation)),
        process(scheduler, std::move(name)),
        clock(process) {}

  std::uint64_t number;
  JobInvocation invocation;
  Process process;
  SimClock clock;
  bool has_ended = false;
};

std::int64_t RankOf(const JobInvocation& invocation) {
  return invocation.part == JobInvocation::Part::kTrigger ? kTriggerRank : invocation.rank;
}

class WholeJob {
 public:
  explicit WholeJob(const JobPlan& plan)
      : plan_(plan),
        scheduler_(plan.seed, kLimits),
        channel_(scheduler_, plan.channel),
        records_(scheduler_, plan.records),
        laptop_(scheduler_, "laptop"),
        laptop_clock_(laptop_),
        job_{.attempt = "1", .spec = plan.spec},
        speakers_(scheduler_, records_, job_) {
    MakeRows(plan.spec.data);
  }

  Ended Run();

 private:
  void Launch();
  bool IsOver() const;
  std::vector<Result<void>> Invoke(std::span<const std::string> payloads);
  void Deliver(const std::string& payload);
  void Begin(const std::string& payload);
  void Arrange(Function& function);
  void Happen(const Accident& accident, Function& function);
  void Live(Function& function);
  Result<std::unique_ptr<Store>> Open(Process& process, Clock& clock, std::string_view url, StoreMeter* meter,
                                      const JobInvocation* speaker);
  Clock::Duration UpTo(Clock::Duration longest) {
    return Clock::Duration(
        static_cast<Clock::Duration::rep>(platform_.Below(static_cast<std::uint64_t>(longest.count()) + 1)));
  }
  void Read(Ended& ended) const;

  const JobPlan& plan_;
  Scheduler scheduler_;
  Channel channel_;
  Channel records_;
  Process laptop_;
  SimClock laptop_clock_;
  JobInvocation job_;
  Speakers speakers_;
  Story story_{scheduler_};
  Random platform_{plan_.seed, 4};
  std::uint64_t stores_ = 0;
  std::deque<Function> functions_;
};

Ended WholeJob::Run() {
  scheduler_.Start("laptop", [this] { Launch(); });
  Ended ended;
  Outcome& outcome = ended.outcome;
  outcome.result = scheduler_.Run();
  if (outcome.result.ok()) Read(ended);
  outcome.fingerprint = scheduler_.fingerprint();
  outcome.steps = scheduler_.steps();
  outcome.seconds = Seconds(scheduler_.now() - Scheduler::kStart);
  outcome.faults = channel_.faults();
  outcome.last_steps = story_.lines();
  for (std::string& step : scheduler_.LastSteps()) outcome.last_steps.push_back(std::move(step));
  return ended;
}

// What the command line tool does: it opens the job, invokes the trigger, and looks after it until the end.
void WholeJob::Launch() {
  const std::unique_ptr<Store> channel = Open(laptop_, laptop_clock_, plan_.spec.channel, nullptr, nullptr).value();
  const std::unique_ptr<Store> records =
      Open(laptop_, laptop_clock_, plan_.spec.recovery.records, nullptr, nullptr).value();
  Result<void> opened = MarkChannel(*channel, job_, 0);
  if (opened.ok()) opened = OpenJob(*records, job_);
  if (!opened.ok()) return scheduler_.Fail(StrCat("opening the job: ", opened.error().message));
  const lambdaml::Invoke invoke = [this](std::span<const std::string> payloads) { return Invoke(payloads); };
  const std::string payload = ToJson(InvocationOf(job_, kTriggerRank, 1));
  const Result<void> invoked =
      InvokeUntil(invoke, {&payload, 1}, laptop_clock_, laptop_clock_.Now() + std::chrono::seconds(60));
  if (!invoked.ok()) return scheduler_.Fail(StrCat("invoking the trigger: ", invoked.error().message));
  Roster roster({.leases = *records,
                 .records = *records,
                 .clock = laptop_clock_,
                 .invocation = job_,
                 .checkpoint = [] { return Result<std::int64_t>(0); },
                 .invoke = invoke,
                 .instance = "laptop"});
  const std::int64_t trigger = kTriggerRank;
  while (!IsOver() && !scheduler_.failed()) {
    laptop_clock_.SleepUntil(laptop_clock_.Now() + FromSeconds(plan_.spec.recovery.lease_s) / 2);
    [[maybe_unused]] const auto seen = roster.Mend({&trigger, 1});
  }
  [[maybe_unused]] const Result<void> closed = Remove(*records, job_.OpenKey());
}

bool WholeJob::IsOver() const {
  if (records_.Peek(job_.AbortKey())) return true;
  for (std::int64_t rank = 0; rank < plan_.spec.workers; ++rank) {
    if (!records_.Peek(job_.ReportKey(rank))) return false;
  }
  return true;
}

std::vector<Result<void>> WholeJob::Invoke(std::span<const std::string> payloads) {
  std::vector<Result<void>> results(payloads.size());
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    if (platform_.Uniform() < plan_.deliveries.refused) {
      results[i] = Error{Code::kUnavailable, "Rate Exceeded"};
      continue;
    }
    Deliver(payloads[i]);
    if (platform_.Uniform() < plan_.deliveries.twice) Deliver(payloads[i]);
  }
  return results;
}

void WholeJob::Deliver(const std::string& payload) {
  const bool is_late = platform_.Uniform() < plan_.deliveries.late;
  const Clock::Duration after = UpTo(is_late ? plan_.deliveries.late_max : plan_.deliveries.start_max);
  scheduler_.At(scheduler_.now() + after, [this, payload] { Begin(payload); });
}

void WholeJob::Begin(const std::string& payload) {
  if (scheduler_.failed()) return;
  Result<JobInvocation> invocation = ParseJobInvocation(payload);
  if (!invocation.ok()) return scheduler_.Fail(invocation.error().message);
  if (functions_.size() == kFunctionsMax) return scheduler_.Fail(StrCat(kFunctionsMax, " functions were invoked"));
  const std::int64_t rank = RankOf(invocation.value());
  std::string name = StrCat(rank < 0 ? std::string("trigger") : StrCat("rank ", rank), " (",
                            invocation.value().incarnation, ") #", functions_.size());
  Function& function =
      functions_.emplace_back(scheduler_, functions_.size(), std::move(invocation).value(), std::move(name));
  Arrange(function);
  scheduler_.Start(function.process.name(), [this, &function] { Live(function); });
}

void WholeJob::Arrange(Function& function) {
  for (const Accident& accident : plan_.accidents) {
    const bool is_meant =
        accident.rank == RankOf(function.invocation) && accident.incarnation == function.invocation.incarnation;
    if (!is_meant) continue;
    function.process.AtPoint(accident.point, [this, &accident, &function] { Happen(accident, function); });
  }
  scheduler_.At(scheduler_.now() + plan_.lifetime, [&function] {
    if (!function.has_ended) function.process.Kill();
  });
}

// A function that dies does so between two steps.
void WholeJob::Happen(const Accident& accident, Function& function) {
  using enum Accident::Kind;
  story_.Tell(ToText(accident));
  if (accident.kind == kPause) return function.process.PauseUntil(scheduler_.now() + accident.time);
  if (accident.kind == kLoss) return channel_.Lose(accident.share);
  scheduler_.At(scheduler_.now(), [&function] {
    if (!function.has_ended) function.process.Kill();
  });
}

void WholeJob::Live(Function& function) {
  const Clock::Time now = function.clock.Now();
  story_.Tell(StrCat(function.process.name(), " begins"));
  const FunctionRuntime runtime{
      .clock = function.clock,
      .log = story_,
      .open_store =
          [this, &function](std::string_view url, StoreMeter* meter) {
            return Open(function.process, function.clock, url, meter, &function.invocation);
          },
      .make_background = [&function](std::size_t threads) -> std::unique_ptr<Background> {
        return std::make_unique<SimBackground>(function.process, threads);
      },
      .invoke =
          [this, &function](std::span<const std::string> payloads) {
            if (!function.process.dead()) return Invoke(payloads);
            return std::vector<Result<void>>(payloads.size(), Error{Code::kInternal, "this process was killed"});
          },
      .instance = function.process.name(),
      .arrived = now,
      .deadline = now + plan_.lifetime,
      .cold_start = true,
      .steps = plan_.steps};
  const bool is_trigger = RankOf(function.invocation) == kTriggerRank;
  const Result<std::string> note =
      is_trigger ? RunTrigger(function.invocation, runtime) : RunWorker(function.invocation, runtime);
  function.has_ended = true;
  const bool is_dead = function.process.dead();
  story_.Tell(StrCat(function.process.name(), " ends: ",
                     is_dead     ? "it was killed"
                     : note.ok() ? note.value()
                                 : note.error().message));
}

// The layers that OpenStore would put over a remote store; the dataset as it is.
Result<std::unique_ptr<Store>> WholeJob::Open(Process& process, Clock& clock, std::string_view url, StoreMeter* meter,
                                              const JobInvocation* speaker) {
  if (url == plan_.spec.data) return OpenStore(url, {.clock = clock});
  const bool is_channel = url == plan_.spec.channel;
  std::unique_ptr<Store> store = (is_channel ? channel_ : records_).Open(process);
  if (is_channel && speaker != nullptr) store = speakers_.Watched(std::move(store), process, *speaker);
  if (meter != nullptr) store = WithMeter(std::move(store), clock, {}, *meter);
  store = WithRetry(std::move(store), clock, {.seed = Mix(plan_.seed, ++stores_)});
  return store->limits().waits_natively ? std::move(store) : WithPolling(std::move(store), clock, meter);
}

void WholeJob::Read(Ended& ended) const {
  Result<void>& result = ended.outcome.result;
  if (const auto aborted = records_.Peek(job_.AbortKey())) {
    result = Error{Code::kInternal, StrCat("the job has failed: ", aborted->text())};
    return;
  }
  for (std::int64_t rank = 0; rank < plan_.spec.workers; ++rank) {
    const auto text = records_.Peek(job_.ReportKey(rank));
    if (!text) {
      result = Error{Code::kInternal, StrCat("all functions are gone, and rank ", rank, " has not reported")};
      return;
    }
    ended.end.reports.push_back(ParseWorkerReport(text->text()).value());
  }
  const auto model = records_.Peek(job_.ModelKey());
  if (model) ended.model = ToBytes(model->span());
  if (!model) result = Error{Code::kInternal, "there is no model"};
}

Result<void> CheckSame(const Ended& ended, const Ended& calm) {
  for (std::size_t rank = 0; rank < ended.end.reports.size(); ++rank) {
    const WorkerReport& report = ended.end.reports[rank];
    const WorkerReport& expected = calm.end.reports[rank];
    if (report.rounds == expected.rounds && report.train == expected.train && report.test == expected.test) continue;
    return Error{Code::kInternal,
                 StrCat("rank ", rank, " reports ", report.rounds, " rounds and loss ", report.train.loss,
                        ", expected ", expected.rounds, " and ", expected.train.loss)};
  }
  if (ended.model == calm.model) return {};
  return Error{Code::kInternal, "the model differs from that of the job where nothing happens"};
}

}  // namespace

Outcome SimulateJob(const JobPlan& plan) {
  Ended ended = WholeJob(plan).Run();
  Result<void>& result = ended.outcome.result;
  if (!result.ok()) return ended.outcome;
  if (plan.spec.sync != "bsp") {
    const bool is_finite = std::isfinite(ended.end.reports.front().train.loss);
    if (!is_finite) result = Error{Code::kInternal, "the loss is not finite"};
    return ended.outcome;
  }
  Ended calm = WholeJob(Calm(plan)).Run();
  result = std::move(calm.outcome.result).Context("where nothing happens");
  if (result.ok()) result = CheckSame(ended, calm);
  return ended.outcome;
}

}  // namespace lambdaml::sim
