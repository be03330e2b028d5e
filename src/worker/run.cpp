// SPDX-License-Identifier: Apache-2.0
#include "worker/run.h"

#include <algorithm>
#include <atomic>
#include <memory>

#include "base/process.h"
#include "base/text.h"
#include "comm/registry.h"
#include "model/parallel.h"
#include "model/registry.h"
#include "storage/layers/meter.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "train/registry.h"
#include "worker/exchange_settings.h"
#include "worker/model_file.h"
#include "worker/progress.h"
#include "worker/rows.h"
#include "worker/timed_communicator.h"
#include "worker/trainer.h"
#include "worker/voter.h"

namespace lambdaml {

namespace {

// AWS Lambda gives a function the share of a processor that its memory is of 1,769 MB, and at most six (AWS Lambda
// developer guide, "Configure Lambda function memory"). Asked of the job and not of the machine, so that the same job
// gives the same bits everywhere.
constexpr std::size_t kCoresMax = 6;

std::size_t CoresOf(std::int64_t memory_mb) {
  constexpr std::int64_t kMbOfCore = 1769;
  return std::clamp<std::size_t>(static_cast<std::size_t>((memory_mb + kMbOfCore - 1) / kMbOfCore), 1, kCoresMax);
}

// For pieces of a vector that are written while others are added.
constexpr std::size_t kBackgroundThreads = 4;

// The channel with its meter: what this rank does there is counted.
struct Channel {
  StoreMeter meter;
  std::unique_ptr<Store> store;
};

std::vector<ChosenPattern> PatternChoices(const Communicator& peers) {
  std::vector<ChosenPattern> choices;
  for (const PatternChoice& choice : peers.use().choices) {
    choices.push_back({.round = static_cast<std::int64_t>(choice.round),
                       .elements = static_cast<std::int64_t>(choice.elements),
                       .pattern = choice.pattern,
                       .reason = choice.reason});
  }
  return choices;
}

class Worker {
 public:
  Worker(const JobInvocation& invocation, const WorkerRuntime& runtime)
      : invocation_(invocation), spec_(invocation.spec), runtime_(runtime), progress_(invocation, runtime) {}

  Result<WorkerReport> Run() {
    began_ = runtime_.clock.Now();
    TRY(OpenRows());
    progress_.Loaded(share_, Seconds(runtime_.clock.Now() - began_));
    channel_.store = TRY(OpenStore(
        spec_.channel, {.clock = runtime_.clock, .environment = runtime_.environment, .meter = &channel_.meter}));
    peers_ = TRY(Join(spec_.pattern, MembershipOf(invocation_)));
    TimedCommunicator timed(*peers_, runtime_.clock);
    TRY(trained_model_.model->Check(share_.train));
    TRY(trained_model_.model->Check(share_.test));
    loaded_ = runtime_.clock.Now();
    if (spec_.standardise) TRY(StandardiseRows(timed));
    const Trained trained = TRY(TrainWith(timed));
    if (invocation_.rank == 0) TRY(SaveModel(trained));
    WorkerReport report = Report(trained, timed);
    progress_.Ended(report);
    return report;
  }

  std::vector<std::string> LastCalls() const {
    std::vector<std::string> lines;
    if (!peers_) return lines;
    for (const FlightRecord& call : peers_->use().last_calls) lines.push_back(ToText(call));
    return lines;
  }

 private:
  Result<void> OpenRows() {
    const std::unique_ptr<Store> data =
        TRY(OpenStore(spec_.data, {.clock = runtime_.clock, .environment = runtime_.environment}));
    const Manifest manifest = TRY(LoadManifest(*data));
    share_ = TRY(OpenShare(spec_, static_cast<int>(invocation_.rank), manifest, *data));
    trained_model_.kind = spec_.model;
    trained_model_.columns = manifest.columns;
    form_ = manifest.sparse ? RowForm::kSparse : RowForm::kDense;
    trained_model_.model = TRY(MakeModel(
        spec_.model,
        {.columns = manifest.columns, .classes = manifest.classes.size(), .class_rows = manifest.class_rows}));
    if (trained_model_.model->learns() == Learns::kClasses) {
      trained_model_.classes = manifest.classes;
      trained_model_.class_rows = manifest.class_rows;
    }
    trained_model_.parameters.resize(trained_model_.model->parameter_count());
    trained_model_.model->Initialise(trained_model_.parameters, static_cast<std::uint64_t>(spec_.seed));
    model_ = SpreadOverThreads(*trained_model_.model, *cores_, CoresOf(spec_.function.memory_mb));
    return {};
  }

  Result<void> StandardiseRows(Communicator& peers) {
    std::vector<double> sums = ColumnSums(share_.train);
    TRY(peers.AllReduce(std::span<double>(sums)));
    std::vector<double> squares = ColumnSquares(share_.train, sums);
    TRY(peers.AllReduce(std::span<double>(squares)));
    trained_model_.standardisation = StandardisationOf(form_, sums, squares);
    StandardiseShare(trained_model_.standardisation, share_);
    return {};
  }

  Membership MembershipOf(const JobInvocation& invocation) {
    return {.store = *channel_.store,
            .clock = runtime_.clock,
            .background = *background_,
            .job = invocation.Prefix(),
            .abort = invocation.AbortKey(),
            .rank = static_cast<int>(invocation.rank),
            .size = static_cast<int>(spec_.workers),
            .timeout = runtime_.deadline - kLastWords - runtime_.clock.Now(),
            .deadline = runtime_.deadline - kLastWords,
            .format = WireFormatOf(spec_.exchange),
            .prices = PricesOf(spec_)};
  }

  Result<Trained> TrainWith(TimedCommunicator& peers) {
    const Task task{.model = *model_,
                    .rows = share_.train,
                    .first_row = share_.first_row,
                    .total_rows = share_.total_rows,
                    .seed = static_cast<std::uint64_t>(spec_.seed),
                    .staleness = StalenessOf(spec_),
                    .rounds_max = static_cast<std::uint64_t>(spec_.stop.rounds),
                    .filter = FilterOf(spec_.exchange)};
    const auto algorithm = TRY(MakeAlgorithm(spec_.algorithm, task));
    progress_.set_epochs_total(algorithm->epochs());
    const std::atomic<bool> checkpoint_open = true;
    Voter voter({.spec = spec_,
                 .rank = invocation_.rank,
                 .clock = runtime_.clock,
                 .began = began_,
                 .deadline = runtime_.deadline,
                 .channel = *channel_.store,
                 .meter = channel_.meter,
                 .stop_key = invocation_.StopKey(),
                 .checkpoint_open = checkpoint_open});
    const TrainerHooks hooks{.vote = [&voter] { return voter.Vote(); },
                             .round_is_due = [this] { return progress_.RoundIsDue(); },
                             .after_round =
                                 [this, &peers](const CurvePoint& point) {
                                   progress_.AfterRound(point, SecondsSoFar(peers), channel_.meter.use());
                                 },
                             .after_epoch =
                                 [this, &peers](const CurvePoint& point) {
                                   progress_.AfterEpoch(point, SecondsSoFar(peers), channel_.meter.use());
                                 },
                             .checkpoint = [](const TrainingState&, Purpose) -> Result<void> { return {}; }};
    return Train({.spec = spec_,
                  .model = *model_,
                  .share = share_,
                  .algorithm = *algorithm,
                  .peers = peers,
                  .clock = runtime_.clock},
                 hooks, trained_model_.parameters, nullptr);
  }

  Result<void> SaveModel(const Trained& trained) {
    auto& notes = trained_model_.notes;
    notes["job"] = RecipeOf(spec_);
    notes["version"] = LAMBDAML_VERSION;
    notes["rounds"] = StrCat(trained.rounds);
    notes["cores"] = StrCat(CoresOf(spec_.function.memory_mb));
    AddNotes("train.", trained.train);
    if (trained.test) AddNotes("test.", *trained.test);
    return Save(*channel_.store, invocation_.ModelKey(), WriteModel(trained_model_)).Context("saving the model");
  }

  void AddNotes(std::string_view prefix, const Metrics& metrics) {
    const auto add = [this, prefix](std::string_view name, const std::optional<double>& value) {
      if (value) trained_model_.notes[StrCat(prefix, name)] = StrCat(*value);
    };
    add("loss", metrics.loss);
    add("accuracy", metrics.accuracy);
    add("auc", metrics.auc);
    add("rmse", metrics.rmse);
  }

  PhaseSeconds SecondsSoFar(const TimedCommunicator& peers) const {
    const double waiting = Seconds(channel_.meter.use().waiting);
    const double in_calls = Seconds(peers.spent());
    const double training = Seconds(runtime_.clock.Now() - loaded_);
    return {.start = progress_.start_seconds(),
            .load = Seconds(loaded_ - began_),
            .compute = training - in_calls,
            .communicate = std::max(0.0, in_calls - waiting),
            .wait = waiting};
  }

  WorkerReport Report(const Trained& trained, const TimedCommunicator& peers) const {
    const StoreUse use = channel_.meter.use();
    return {.rank = invocation_.rank,
            .rows = static_cast<std::int64_t>(share_.train.rows()),
            .seconds = SecondsSoFar(peers),
            .requests = static_cast<std::int64_t>(use.requests()),
            .misses = static_cast<std::int64_t>(use.misses),
            .bytes_sent = static_cast<std::int64_t>(use.bytes_written),
            .bytes_received = static_cast<std::int64_t>(use.bytes_read),
            .channel_dollars = use.dollars,
            .memory_peak_bytes = PeakMemoryBytes(),
            .cold_start = runtime_.cold_start ? 1 : 0,
            .ending = trained.ending.value_or(Ending::kTimeLimit),
            .rounds = trained.rounds,
            .epochs = trained.epochs,
            .curve = invocation_.rank == 0 ? trained.curve : std::vector<CurvePoint>(),
            .pattern_choices = invocation_.rank == 0 ? PatternChoices(*peers_) : std::vector<ChosenPattern>(),
            .train = trained.train,
            .test = trained.test,
            .model_key = invocation_.ModelKey().text()};
  }

  const JobInvocation& invocation_;
  const JobSpec& spec_;
  const WorkerRuntime& runtime_;
  Progress progress_;
  Clock::Time began_;
  Clock::Time loaded_;
  Share share_;
  RowForm form_ = RowForm::kDense;
  TrainedModel trained_model_;
  std::unique_ptr<Background> cores_ = MakeBackground(kCoresMax - 1);
  std::unique_ptr<Model> model_;  // the trained one's, on all cores
  Channel channel_;
  std::unique_ptr<Background> background_ = MakeBackground(kBackgroundThreads);
  std::unique_ptr<Communicator> peers_;
};

}  // namespace

WorkerEnd RunWorker(const JobInvocation& invocation, const WorkerRuntime& runtime) {
  Worker worker(invocation, runtime);
  WorkerEnd end{.report = worker.Run()};
  if (!end.report.ok()) end.last_calls = worker.LastCalls();
  return end;
}

}  // namespace lambdaml
