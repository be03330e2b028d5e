// SPDX-License-Identifier: Apache-2.0
#include "worker/training.h"

#include <algorithm>
#include <utility>

#include "base/process.h"
#include "base/text.h"
#include "comm/registry.h"
#include "model/parallel.h"
#include "model/registry.h"
#include "storage/ops.h"
#include "train/registry.h"
#include "worker/checkpoint_parts.h"
#include "worker/exchange_settings.h"
#include "worker/memory.h"

namespace lambdaml {

namespace {

// For pieces of a vector that are written while others are added.
constexpr std::size_t kBackgroundThreads = 4;

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

}  // namespace

Training::Training(const TrainingSetup& setup)
    : setup_(setup),
      invocation_(setup.invocation),
      spec_(setup.invocation.spec),
      clock_(setup.runtime.clock),
      progress_(setup.invocation, setup.runtime),
      cores_(setup.runtime.make_background(ProcessorsOf(spec_.function.memory_mb))),
      background_(setup.runtime.make_background(kBackgroundThreads)),
      writing_(setup.runtime.make_background(1)) {}

Result<void> Training::Load() {
  began_ = clock_.Now();
  TRY(OpenRows());
  TRY(trained_model_.model->Check(share_.train));
  TRY(trained_model_.model->Check(share_.test));
  loaded_ = clock_.Now();
  progress_.Loaded(share_, Seconds(loaded_ - began_));
  return {};
}

Result<void> Training::OpenRows() {
  const std::unique_ptr<Store> data = TRY(setup_.runtime.open_store(spec_.data, nullptr));
  const Manifest manifest = TRY(LoadManifest(*data));
  share_ = TRY(OpenShare(spec_, static_cast<int>(invocation_.rank), manifest, *data));
  trained_model_.kind = spec_.model;
  trained_model_.columns = manifest.columns;
  form_ = manifest.sparse ? RowForm::kSparse : RowForm::kDense;
  trained_model_.model = TRY(
      MakeModel(spec_.model,
                {.columns = manifest.columns, .classes = manifest.classes.size(), .class_rows = manifest.class_rows}));
  if (trained_model_.model->learns() == Learns::kClasses) {
    trained_model_.classes = manifest.classes;
    trained_model_.class_rows = manifest.class_rows;
  }
  model_ = SpreadOverThreads(*trained_model_.model, *cores_, ProcessorsOf(spec_.function.memory_mb));
  return {};
}

Membership Training::MembershipOf(const Stretch& stretch) {
  const Key messages = invocation_.MessagesPrefix(stretch.head.restart);
  const auto& checkpoint = stretch.head.checkpoint;
  const bool is_replayable = spec_.sync == "bsp" && spec_.workers > 1;
  return {.store = stretch.channel,
          .clock = clock_,
          .background = *background_,
          .job = messages,
          .abort = messages / "abort",
          .rank = static_cast<int>(invocation_.rank),
          .size = static_cast<int>(spec_.workers),
          .timeout = setup_.runtime.deadline - kLastWords - clock_.Now(),
          .deadline = setup_.runtime.deadline - kLastWords,
          .first_round = checkpoint ? static_cast<std::uint64_t>(checkpoint->call) : 0,
          .format = WireFormatOf(spec_.exchange),
          .prices = PricesOf(spec_),
          .keeps_results = is_replayable,
          .replays = is_replayable && stretch.takes_over,
          .detector = &stretch.detector};
}

// Reads the head's parts. What another number of ranks has left of each rank is not for this one.
Result<void> Training::Restore(const Stretch& stretch) {
  shared_.reset();
  own_training_.clear();
  has_own_ = false;
  const auto& checkpoint = stretch.head.checkpoint;
  trained_model_.parameters.resize(trained_model_.model->parameter_count());
  trained_model_.model->Initialise(trained_model_.parameters, static_cast<std::uint64_t>(spec_.seed));
  if (!checkpoint) return {};
  const Blob shared = TRY(stretch.from.ReadPart(*checkpoint, kSharedPart));
  shared_ = TRY(ParseSharedPart(shared.span()));
  if (checkpoint->ranks != spec_.workers) return {};
  const Blob own = TRY(stretch.from.ReadPart(*checkpoint, invocation_.rank));
  OwnPart part = TRY(ParseOwnPart(own.span()));
  before_ = std::move(part.so_far);
  own_training_ = std::move(part.training);
  has_own_ = true;
  return {};
}

Result<std::optional<WorkerReport>> Training::Run(const Stretch& stretch) {
  TRY(Restore(stretch).Context("going on from the checkpoint"));
  peers_.reset();
  peers_ = TRY(Join(spec_.pattern, MembershipOf(stretch)));
  writer_ =
      std::make_unique<CheckpointWriter>(stretch.to, *writing_, invocation_.rank, stretch.head, setup_.runtime.steps);
  TimedCommunicator timed(*peers_, clock_);
  last_call_kept_ = static_cast<std::int64_t>(timed.next_round());
  if (spec_.standardise) TRY(StandardiseRows(timed));
  const Trained trained = TRY(TrainWith(stretch, timed));
  if (!trained.ending) return std::optional<WorkerReport>();
  if (invocation_.rank == 0) TRY(SaveModel(trained));
  WorkerReport report = Report(trained, timed);
  progress_.Ended(report);
  return std::optional(std::move(report));
}

// Rows are changed once in a process; what this rank brings to the sums is kept for another beginning.
Result<void> Training::StandardiseRows(Communicator& peers) {
  const bool done = !trained_model_.standardisation.scale.empty();
  if (shared_) {
    trained_model_.standardisation = shared_->standardisation;
  } else {
    if (!done) column_sums_ = ColumnSums(share_.train);
    std::vector<double> sums = column_sums_;
    TRY(peers.AllReduce(std::span<double>(sums)));
    if (!done) column_squares_ = ColumnSquares(share_.train, sums);
    std::vector<double> squares = column_squares_;
    TRY(peers.AllReduce(std::span<double>(squares)));
    trained_model_.standardisation = StandardisationOf(form_, sums, squares);
  }
  if (!done) StandardiseShare(trained_model_.standardisation, share_);
  return {};
}

VoterSetup Training::VoterOf(const Stretch& stretch) const {
  const PhaseSeconds& before = before_.seconds;
  const double trained = has_own_ ? before.compute + before.communicate + before.wait : 0;
  return {.spec = spec_,
          .rank = invocation_.rank,
          .clock = clock_,
          .began = began_,
          .deadline = setup_.runtime.deadline,
          .channel = stretch.channel,
          .meter = setup_.meter,
          .stop_key = invocation_.StopKey(),
          .checkpoint_open = writer_->is_open(),
          .before = {.trained_s = trained,
                     .billed_s = has_own_ ? trained + before.load : 0,
                     .channel_dollars = has_own_ ? before_.channel_dollars : 0}};
}

Result<Trained> Training::TrainWith(const Stretch& stretch, TimedCommunicator& peers) {
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
  Voter voter(VoterOf(stretch));
  const TrainerHooks hooks{.vote =
                               [this, &voter] {
                                 writer_->RoundBegins();
                                 return voter.Vote();
                               },
                           .round_is_due = [this] { return progress_.RoundIsDue(); },
                           .after_round =
                               [this, &peers](const CurvePoint& point) {
                                 progress_.AfterRound(point, SecondsSoFar(peers), setup_.meter.use());
                               },
                           .after_epoch =
                               [this, &peers](const CurvePoint& point) {
                                 progress_.AfterEpoch(point, SecondsSoFar(peers), setup_.meter.use());
                               },
                           .checkpoint =
                               [this, &peers, &voter](const TrainingState& state, Purpose purpose) {
                                 const Clock::Time begin = clock_.Now();
                                 voter.TookCheckpoint();
                                 Result<void> taken = Checkpoint(state, purpose, peers);
                                 voter.WroteCheckpoint(clock_.Now() - begin);
                                 return taken;
                               }};
  std::optional<Restored> from;
  if (shared_) {
    from = Restored{.shared = shared_->training,
                    .own = has_own_ ? std::optional<ByteSpan>(own_training_) : std::nullopt,
                    .run = stretch.is_new_run ? Restored::Run::kNew : Restored::Run::kSame};
  }
  return Train(
      {.spec = spec_, .model = *model_, .share = share_, .algorithm = *algorithm, .peers = peers, .clock = clock_},
      hooks, trained_model_.parameters, from ? &*from : nullptr);
}

// What was exchanged before the last checkpoint is needed no more: as there is a newer one now, that one is committed.
Result<void> Training::Checkpoint(const TrainingState& state, Purpose purpose, TimedCommunicator& peers) {
  CheckpointState checkpoint{.manifest = {.call = static_cast<std::int64_t>(peers.next_round()),
                                          .ranks = spec_.workers,
                                          .rounds = state.rounds,
                                          .epochs = state.epochs,
                                          .loss = state.loss,
                                          .unix_ms = clock_.UnixMs(),
                                          .committed_by = setup_.runtime.instance},
                             .shared = {},
                             .own = ToBytes(OwnPart{.so_far = CostsSoFar(peers), .training = state.own})};
  if (invocation_.rank == 0) {
    checkpoint.shared =
        ToBytes(SharedPart{.standardisation = trained_model_.standardisation, .training = state.shared});
  }
  if (purpose != Purpose::kKeepOn) return writer_->Finish(std::move(checkpoint), peers);
  const std::int64_t call = checkpoint.manifest.call;
  TRY(writer_->Keep(std::move(checkpoint)));
  peers.Forget(static_cast<std::uint64_t>(std::exchange(last_call_kept_, call)));
  return {};
}

Result<void> Training::SaveModel(const Trained& trained) {
  auto& notes = trained_model_.notes;
  notes["job"] = RecipeOf(spec_);
  notes["version"] = LAMBDAML_VERSION;
  notes["rounds"] = StrCat(trained.rounds);
  notes["cores"] = StrCat(ProcessorsOf(spec_.function.memory_mb));
  const auto add = [&notes](std::string_view prefix, const Metrics& metrics) {
    for (const auto& [name, value] : {std::pair<std::string_view, std::optional<double>>{"loss", metrics.loss},
                                      {"accuracy", metrics.accuracy},
                                      {"auc", metrics.auc},
                                      {"rmse", metrics.rmse}}) {
      if (value) notes[StrCat(prefix, name)] = StrCat(*value);
    }
  };
  add("train.", trained.train);
  if (trained.test) add("test.", *trained.test);
  return Save(setup_.records, invocation_.ModelKey(), WriteModel(trained_model_)).Context("saving the model");
}

PhaseSeconds Training::SecondsSoFar(const TimedCommunicator& peers) const {
  const double waiting = Seconds(setup_.meter.use().waiting);
  const double in_calls = Seconds(peers.spent());
  const double training = Seconds(clock_.Now() - loaded_);
  return {.start = progress_.start_seconds(),
          .load = Seconds(loaded_ - began_),
          .compute = training - in_calls,
          .communicate = std::max(0.0, in_calls - waiting),
          .wait = waiting};
}

WorkerReport Training::CostsSoFar(const TimedCommunicator& peers) const {
  const StoreUse use = setup_.meter.use();
  WorkerReport report;
  report.rank = invocation_.rank;
  report.rows = static_cast<std::int64_t>(share_.train.rows());
  report.seconds = SecondsSoFar(peers);
  report.requests = static_cast<std::int64_t>(use.requests());
  report.misses = static_cast<std::int64_t>(use.misses);
  report.bytes_sent = static_cast<std::int64_t>(use.bytes_written);
  report.bytes_received = static_cast<std::int64_t>(use.bytes_read);
  report.channel_dollars = use.dollars;
  report.memory_peak_bytes = PeakMemoryBytes();
  report.cold_start = setup_.runtime.cold_start ? 1 : 0;
  report.incarnations = invocation_.incarnation;
  if (has_own_) AddCosts(before_, report);
  return report;
}

WorkerReport Training::Report(const Trained& trained, const TimedCommunicator& peers) const {
  WorkerReport report = CostsSoFar(peers);
  report.ending = *trained.ending;
  report.rounds = trained.rounds;
  report.epochs = trained.epochs;
  report.train = trained.train;
  report.test = trained.test;
  report.model_key = invocation_.ModelKey().text();
  if (invocation_.rank != 0) return report;
  report.curve = trained.curve;
  report.pattern_choices = PatternChoices(*peers_);
  return report;
}

std::vector<std::string> Training::LastCalls() const {
  std::vector<std::string> lines;
  if (!peers_) return lines;
  for (const FlightRecord& call : peers_->use().last_calls) lines.push_back(ToText(call));
  return lines;
}

}  // namespace lambdaml
