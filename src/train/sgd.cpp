// SPDX-License-Identifier: Apache-2.0
#include "train/sgd.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"

namespace lambdaml {

namespace {

// The state as bytes: this header in the machine's byte order (little-endian on all that Lambda has), the velocity, the
// filter's state.
constexpr std::uint32_t kStateMagic = 0x44475331;  // "1SGD"

struct StateHeader {
  std::uint32_t magic = kStateMagic;
  std::uint32_t version = 1;
  std::uint64_t rounds = 0;
  std::uint64_t batches_done = 0;
  std::uint64_t batches_per_epoch = 0;
  std::uint64_t parameters = 0;
};

// Passes are counted in steps of one batch; rounding must not add a round.
constexpr double kEpochTolerance = 1e-9;

// Of a batch: from here on collecting the next one takes longer than handing a call to another thread.
constexpr std::size_t kLargeBatch = 4096;
// Of a vector: a longer one is summed faster by a call that this thread waits in, which sends pieces beside each other.
constexpr std::size_t kShortVector = std::size_t{1} << 20U;

}  // namespace

Fields Describe(SgdSettings& s) {
  Fields fields = {
      {"learning_rate", s.learning_rate, "size of the first step", {.min = 1e-12, .max = 1e6}},
      {"batch", s.batch, "rows of a batch, over all workers", {.min = 1, .max = 1e12}},
      {"epochs", s.epochs, "passes over the training rows", {.min = 1e-6, .max = 1e9}},
      {"momentum", s.momentum, "share of the last step that is repeated in the next", {.min = 0, .max = 0.9999}},
  };
  Fields of_schedule = Describe(s.schedule);
  fields.insert(fields.end(), std::make_move_iterator(of_schedule.begin()), std::make_move_iterator(of_schedule.end()));
  return fields;
}

Result<void> CheckTask(const Task& task, std::string_view algorithm) {
  if (task.total_rows > 0) return {};
  return Error{Code::kInvalid, StrCat("algorithm ", algorithm, ": there are no rows to train on; check the data")};
}

Sgd::Sgd(const SgdSettings& settings, const Task& task)
    : settings_(settings),
      task_(task),
      sampler_(task, static_cast<std::uint64_t>(settings.batch)),
      schedule_(settings.schedule, settings.learning_rate, settings.epochs),
      velocity_(task.model.parameter_count()) {
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
  task_.model.penalty().AddSmoothGradient(parameters, 1, gradient);
  const auto momentum = static_cast<float>(settings_.momentum);
  const float rate = this->rate();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    velocity_[i] = momentum * velocity_[i] + gradient[i];
    parameters[i] -= rate * velocity_[i];
  }
  ++batches_done_;
}

bool Sgd::CatchesUp(double epoch, std::uint64_t batches_done) const {
  return task_.staleness == 0 || batches_done % batches_per_epoch() == 0 || rounds_ + 1 == task_.rounds_max ||
         epoch >= settings_.epochs - kEpochTolerance;
}

// A filter compares an update with what it changes; `values` are in other units.
void Sgd::Filtered(const RoundPart& mine) {
  const auto unit = static_cast<float>(1 / mine.change);
  std::ranges::transform(mine.parameters, reference_.begin(), [unit](float parameter) { return unit * parameter; });
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
  const double epoch = static_cast<double>(mine.batches_done) / static_cast<double>(batches_per_epoch());
  const bool catch_up = CatchesUp(epoch, mine.batches_done);
  if (filter_) Filtered(mine);
  const double word = catch_up ? static_cast<double>(vote()) : 0;
  std::array<double, 5> tally{mine.score.loss, mine.score.correct, mine.score.squares, mine.score.rows, word};
  const Contribution contribution{.values = mine.values, .tally = tally, .staleness = catch_up ? 0 : task_.staleness};
  TRY(Sum(peers, contribution, mine.batches_done));
  ++rounds_;
  return Round{.score = {.loss = tally[0], .correct = tally[1], .squares = tally[2], .rows = tally[3]},
               .epoch = epoch,
               .epoch_ended = mine.batches_done % batches_per_epoch() == 0,
               .caught_up = catch_up,
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

Bytes Sgd::Save() const {
  const StateHeader header{.rounds = rounds_,
                           .batches_done = batches_done_,
                           .batches_per_epoch = batches_per_epoch(),
                           .parameters = velocity_.size()};
  Bytes state(sizeof header + velocity_.size() * sizeof(float));
  std::memcpy(state.data(), &header, sizeof header);
  if (!velocity_.empty()) std::memcpy(state.data() + sizeof header, velocity_.data(), velocity_.size() * sizeof(float));
  if (!filter_) return state;
  const Bytes kept_back = filter_->Save();
  state.insert(state.end(), kept_back.begin(), kept_back.end());
  return state;
}

Result<void> Sgd::Restore(ByteSpan state) {
  StateHeader header;
  const std::size_t of_sgd = sizeof header + velocity_.size() * sizeof(float);
  const std::size_t expected = of_sgd + (filter_ ? filter_->Save().size() : 0);
  if (state.size() != expected) {
    return Error{Code::kInvalid, StrCat("state of the algorithm: ", state.size(), " bytes instead of ", expected,
                                        "; it is cut off or of another model")};
  }
  std::memcpy(&header, state.data(), sizeof header);
  if (header.magic != kStateMagic || header.version != 1) {
    return Error{Code::kInvalid, "state of the algorithm: not a state of SGD, version 1; start the job anew"};
  }
  if (header.parameters != velocity_.size() || header.batches_per_epoch != batches_per_epoch()) {
    return Error{Code::kInvalid, StrCat("state of the algorithm: made for ", header.batches_per_epoch,
                                        " batches an epoch, this job has ", batches_per_epoch(),
                                        "; continue with the same data and batch")};
  }
  if (filter_) TRY(filter_->Restore(state.subspan(of_sgd)));
  batches_done_ = header.batches_done;
  rounds_ = header.rounds;
  if (!velocity_.empty()) std::memcpy(velocity_.data(), state.data() + sizeof header, velocity_.size() * sizeof(float));
  return {};
}

}  // namespace lambdaml
