// SPDX-License-Identifier: Apache-2.0
#include "train/sgd.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"
#include "train/state_bytes.h"

namespace lambdaml {

namespace {

// Shared: this header, then the optimizer's state if it is shared.
struct SharedHeader {
  std::uint32_t magic = 0x44475331;  // "1SGD"
  std::uint32_t version = 3;
  std::uint64_t rounds = 0;
  std::uint64_t batches_done = 0;
  std::uint64_t batches_per_epoch = 0;
};

// Own: this header, the optimizer's state if it is the rank's own, the filter's state.
struct OwnHeader {
  std::uint32_t magic = 0x4E574F53;  // "SOWN"
  std::uint32_t version = 3;
  std::uint64_t optimizer_bytes = 0;
};

constexpr std::size_t kTally = 5;  // a score and a vote

// Passes are counted in steps of one batch; rounding must not add a round.
constexpr double kEpochTolerance = 1e-9;

// Of a batch: from here on collecting the next one takes longer than handing a call to another thread.
constexpr std::size_t kLargeBatch = 4096;
// Of a vector: a longer one is summed faster by a call that this thread waits in, which sends pieces beside each other.
constexpr std::size_t kShortVector = std::size_t{1} << 20U;

}  // namespace

Fields Describe(SgdSettings& s) {
  Fields fields = {
      {"learning_rate",
       s.learning_rate,
       "size of the first step; 0: what suits the optimizer, 0.01 for adam and 0.1 for the others",
       {.min = 0, .max = 1e6}},
      {"batch", s.batch, "rows of a batch, over all workers", {.min = 1, .max = 1e12}},
      {"epochs", s.epochs, "passes over the training rows", {.min = 1e-6, .max = 1e9}},
  };
  for (Fields part : {Describe(s.optimizer), Describe(s.schedule)}) {
    std::ranges::move(part, std::back_inserter(fields));
  }
  return fields;
}

double BaseRate(const SgdSettings& settings) {
  if (settings.learning_rate > 0) return settings.learning_rate;
  return settings.optimizer.optimizer == "adam" ? 0.01 : 0.1;
}

Result<void> CheckTask(const Task& task, std::string_view algorithm) {
  if (task.model.clusters() != nullptr) {
    return Error{Code::kInvalid, StrCat("algorithm ", algorithm, " does not train clusters; choose em")};
  }
  if (task.total_rows > 0) return {};
  return Error{Code::kInvalid, StrCat("algorithm ", algorithm, ": there are no rows to train on; check the data")};
}

Sgd::Sgd(const SgdSettings& settings, const Task& task, Unit unit)
    : settings_(settings),
      task_(task),
      unit_(unit),
      sampler_(task, static_cast<std::uint64_t>(settings.batch)),
      schedule_(settings.schedule, BaseRate(settings), settings.epochs),
      optimizer_(settings.optimizer, task.model.penalty(), task.model.parameter_count()) {
  batch_.columns = task.rows.columns;
  if (task.filter.kind == "none") return;
  filter_ = MakeFilter(task.filter, task.model.parameter_count());
  reference_.resize(task.model.parameter_count());
}

void Sgd::Gather(std::uint64_t number) {
  batch_.Clear();
  for (const std::uint32_t row : sampler_.Rows(number)) batch_.Append(task_.rows, row);
  gathered_ = number;
}

Score Sgd::SumGradient(std::span<const float> parameters, std::span<float> gradient) {
  if (gathered_ != batches_done_) Gather(batches_done_);
  std::fill(gradient.begin(), gradient.end(), 0.0F);
  if (batch_.rows() == 0) return {};
  return task_.model.AddGradient(parameters, batch_, gradient);
}

void Sgd::Descend(std::span<float> gradient, double rows, std::span<float> parameters) {
  const auto share = static_cast<float>(1 / rows);
  for (float& g : gradient) g *= share;
  optimizer_.Step(gradient, rate(), parameters);
  ++batches_done_;
}

double Sgd::EpochAfter(std::uint64_t batches) const {
  return static_cast<double>(batches) / static_cast<double>(batches_per_epoch());
}

bool Sgd::CatchesUp(std::uint64_t batches_done) const {
  return task_.staleness == 0 || batches_done % batches_per_epoch() == 0 || rounds_ + 1 == task_.rounds_max ||
         EpochAfter(batches_done) >= settings_.epochs - kEpochTolerance;
}

// A filter compares an update with what it changes: reference_ is the parameters in the unit of the values.
void Sgd::KeepBack(const RoundPart& mine) {
  std::ranges::fill(reference_, 1.0F);
  if (unit_ == Unit::kGradients) optimizer_.StepSizes(rate(), reference_);
  const auto share = static_cast<float>(mine.share);
  for (std::size_t i = 0; i < reference_.size(); ++i) reference_[i] = mine.parameters[i] / (share * reference_[i]);
  filter_->Apply(mine.values, reference_, rounds_);
}

// Where it pays, the next batch is collected while the call waits for the other ranks.
Result<void> Sgd::Sum(Communicator& peers, const Contribution& mine, std::uint64_t next_batch) {
  if (task_.staleness > 0 || batch_.rows() < kLargeBatch || mine.values.size() > kShortVector) {
    return peers.AllReduce(mine);
  }
  peers.Start(mine);
  Gather(next_batch);
  return peers.Finish();
}

Result<Round> Sgd::Exchange(Communicator& peers, const RoundPart& mine, const Vote& vote) {
  const bool catch_up = CatchesUp(mine.batches_done);
  if (filter_) KeepBack(mine);
  const double word = catch_up ? static_cast<double>(vote()) : 0;
  std::array<double, kTally> tally{mine.score.loss, mine.score.correct, mine.score.squares, mine.score.rows, word};
  const Contribution contribution{.values = mine.values, .tally = tally, .staleness = catch_up ? 0 : task_.staleness};
  TRY(Sum(peers, contribution, mine.batches_done));
  return RoundOf(tally, mine.batches_done);
}

Result<std::optional<Round>> Sgd::Recall(Communicator& peers, std::span<float> values) {
  std::array<double, kTally> tally{};
  const bool leaves_traces = task_.staleness > 0 || filter_;
  if (leaves_traces || !TRY(peers.Recall({.values = values, .tally = tally}))) return std::optional<Round>();
  return std::optional(RoundOf(tally, batches_done_ + 1));
}

Round Sgd::RoundOf(std::span<const double> tally, std::uint64_t batches_done) {
  const bool caught_up = CatchesUp(batches_done);
  ++rounds_;
  return Round{.score = {.loss = tally[0], .correct = tally[1], .squares = tally[2], .rows = tally[3]},
               .epoch = EpochAfter(batches_done),
               .epoch_ended = batches_done % batches_per_epoch() == 0,
               .caught_up = caught_up,
               .votes = static_cast<std::int64_t>(tally[4])};
}

double Sgd::MeanRows(std::uint64_t batches) const {
  return static_cast<double>(task_.total_rows) * static_cast<double>(batches) /
         static_cast<double>(batches_per_epoch());
}

double Sgd::RowsOf(const Round& round, std::uint64_t batches) const {
  return task_.staleness == 0 ? round.score.rows : MeanRows(batches);
}

Result<void> Sgd::Agree(Communicator& peers, const Round& round, std::span<float> parameters) const {
  if (task_.staleness == 0 || !round.caught_up) return {};
  Bytes bytes = ToBytes(std::as_bytes(parameters));
  TRY(peers.Broadcast(bytes, 0));
  if (bytes.size() != parameters.size_bytes()) {
    return Error{Code::kInternal,
                 StrCat("rank 0 sent ", bytes.size(), " bytes of parameters instead of ", parameters.size_bytes())};
  }
  std::ranges::copy(bytes, std::as_writable_bytes(parameters).begin());
  return {};
}

AlgorithmState Sgd::Save() const {
  const Bytes of_optimizer = optimizer_.Save();
  const Bytes kept_back = filter_ ? filter_->Save() : Bytes{};
  const ByteSpan together = StepsTogether() ? ByteSpan(of_optimizer) : ByteSpan();
  const ByteSpan alone = StepsTogether() ? ByteSpan() : ByteSpan(of_optimizer);
  const SharedHeader shared{.rounds = rounds_, .batches_done = batches_done_, .batches_per_epoch = batches_per_epoch()};
  const OwnHeader own{.optimizer_bytes = alone.size()};
  return {.shared = Joined({BytesOf(shared), together}),
          .own = StepsTogether() && !filter_ ? Bytes{} : Joined({BytesOf(own), alone, kept_back})};
}

Result<void> Sgd::Restore(ByteSpan shared, std::optional<ByteSpan> own) {
  const SharedHeader header = TRY(HeaderOf<SharedHeader>(shared, "SGD"));
  if (header.batches_per_epoch != batches_per_epoch()) {
    return Error{Code::kInvalid, StrCat("state of the algorithm: made for ", header.batches_per_epoch,
                                        " batches an epoch, this job has ", batches_per_epoch(),
                                        "; continue with the same data and batch")};
  }
  const ByteSpan of_optimizer = shared.subspan(sizeof header);
  if (StepsTogether()) TRY(optimizer_.Restore(of_optimizer));
  if (!StepsTogether() && !of_optimizer.empty()) {
    return Error{Code::kInvalid, "state of the algorithm: made with another sync; continue with the same settings"};
  }
  if (own) TRY(RestoreOwn(*own));
  batches_done_ = header.batches_done;
  rounds_ = header.rounds;
  return {};
}

Result<void> Sgd::RestoreOwn(ByteSpan own) {
  const bool empty = StepsTogether() && !filter_;
  if (empty && own.empty()) return {};
  const OwnHeader header = TRY(HeaderOf<OwnHeader>(own, "SGD"));
  const ByteSpan rest = own.subspan(sizeof header);
  if (header.optimizer_bytes > rest.size()) {
    return Error{Code::kInvalid, StrCat("state of the algorithm: cut off after ", own.size(), " bytes")};
  }
  if (empty || (header.optimizer_bytes == 0) != StepsTogether() ||
      (!filter_ && header.optimizer_bytes != rest.size())) {
    return Error{Code::kInvalid,
                 "state of the algorithm: made with another sync or filter; continue with the same settings"};
  }
  if (!StepsTogether()) TRY(optimizer_.Restore(rest.first(header.optimizer_bytes)));
  if (filter_) TRY(filter_->Restore(rest.subspan(header.optimizer_bytes)));
  return {};
}

}  // namespace lambdaml
