// SPDX-License-Identifier: Apache-2.0
#include "train/admm/admm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "base/text.h"
#include "train/admm/local_solver.h"
#include "train/state_bytes.h"

namespace lambdaml::admm {

namespace {

constexpr std::uint64_t kAdaptingRounds = 100;
constexpr double kImbalance = 10;
constexpr double kFactor = 2;

// Squares of lengths after a round, of this rank or of all.
struct Lengths {
  double primal = 0;      // |x - z|^2
  double parameters = 0;  // |x|^2
  double dual = 0;        // |r u|^2
};

struct Shared {
  std::uint32_t magic = 0x4D4D4441;  // "ADMM"
  std::uint32_t version = 2;
  std::uint64_t parameters = 0;
  std::uint64_t rounds = 0;
  std::uint64_t duals_from = 0;     // the duals began from 0 after so many rounds
  std::uint64_t measured_from = 0;  // the first round whose residuals are of this rho
  double rho = 0;
  double passes = 0;
  double moved = 0;  // r^2 w |z - z before|^2 in the last round
};

// Then come the duals and the state of the solver.
struct Own {
  std::uint32_t magic = 0x574F4441;  // "ADOW"
  std::uint32_t version = 2;
  Lengths lengths;
};

double SquaredLength(std::span<const float> values) {
  double squares = 0;
  for (const double value : values) squares += value * value;
  return squares;
}

struct Residuals {
  double primal = 0;
  double dual = 0;
  double primal_size = 0;  // what eps_rel is multiplied by
  double dual_size = 0;
};

class Admm final : public Algorithm {
 public:
  Admm(const AdmmSettings& settings, const Task& task)
      : settings_(settings),
        task_(task),
        penalty_(task.model.penalty()),
        loss_(task_),
        solver_(MakeLocalSolver(settings, task_)),
        dual_(task.model.parameter_count()),
        sum_(dual_.size()),
        brought_(dual_.size()),
        local_(dual_.size()) {
    state_.parameters = dual_.size();
    state_.rho = settings.rho;
  }

  // The parameters are z.
  Result<Round> Step(Communicator& peers, std::span<float> parameters, const Vote& vote) override {
    const double ranks = peers.size();
    const double passes = TRY(MinimiseLocally(parameters, state_.rho / ranks));
    const Score& own = loss_.first_score();
    const Lengths& before = lengths_;
    std::array<double, 9> tally{
        own.loss,      own.correct,       own.squares, own.rows,         static_cast<double>(vote()),
        before.primal, before.parameters, before.dual, passes * own.rows};
    TRY(peers.AllReduce(Contribution{.values = sum_, .tally = tally}));
    const Residuals residuals =
        ResidualsOf({.primal = tally[5], .parameters = tally[6], .dual = tally[7]}, SquaredLength(parameters), ranks);
    UpdateConsensus(parameters, ranks);
    ++state_.rounds;
    state_.passes += tally[8] / tally[3];
    Round round{.score = {.loss = tally[0], .correct = tally[1], .squares = tally[2], .rows = tally[3]},
                .epoch = state_.passes,
                .epoch_ended = true,
                .measures = {{"rho", state_.rho}},
                .votes = static_cast<std::int64_t>(tally[4])};
    if (state_.rounds > state_.duals_from + 1) {
      round.measures.insert(round.measures.end(), {{"primal", residuals.primal}, {"dual", residuals.dual}});
      round.converged = Converged(residuals, ranks);
      AdaptTo(residuals);
    }
    return round;
  }

  double epochs() const override { return settings_.sgd.epochs; }

  AlgorithmState Save() const override {
    const Own own{.lengths = lengths_};
    return {.shared = ToBytes(BytesOf(state_)),
            .own = Joined({BytesOf(own), std::as_bytes(std::span(dual_)), solver_->Save()})};
  }

  Result<void> Restore(ByteSpan shared, std::optional<ByteSpan> own) override {
    Shared state = TRY(HeaderOf<Shared>(shared, "ADMM"));
    if (state.parameters != dual_.size() || shared.size() != sizeof state) {
      return Error{Code::kInvalid, "state of the algorithm: of ADMM with another model; start the job anew"};
    }
    if (own) TRY(RestoreOwn(*own));
    if (!own) state.duals_from = state.rounds;
    state_ = state;
    return {};
  }

 private:
  Result<void> RestoreOwn(ByteSpan own) {
    const std::span<std::byte> duals = std::as_writable_bytes(std::span(dual_));
    const Own header = TRY(HeaderOf<Own>(own, "ADMM"));
    if (own.size() < sizeof header + duals.size()) {
      return Error{Code::kInvalid, StrCat("state of the algorithm: cut off after ", own.size(), " bytes")};
    }
    TRY(solver_->Restore(own.subspan(sizeof header + duals.size())));
    std::ranges::copy(own.subspan(sizeof header, duals.size()), duals.begin());
    lengths_ = header.lengths;
    return {};
  }

  // Sets local_ to x_i, and both sum_ and brought_ to relaxed x_i + u_i.
  Result<double> MinimiseLocally(std::span<const float> consensus, double pull) {
    loss_.Begin(state_.rounds, consensus, dual_, pull);
    std::ranges::copy(consensus, local_.begin());
    const double passes = TRY(solver_->Minimise(loss_, local_));
    const auto relaxation = static_cast<float>(settings_.relaxation);
    for (std::size_t i = 0; i < local_.size(); ++i) {
      brought_[i] = consensus[i] + relaxation * (local_[i] - consensus[i]) + dual_[i];
    }
    sum_ = brought_;
    return passes;
  }

  // From the sum over the ranks: z, u_i and their lengths.
  void UpdateConsensus(std::span<float> parameters, double ranks) {
    const auto share = static_cast<float>(1 / ranks);
    const auto threshold = static_cast<float>(penalty_.l1 / state_.rho);
    const auto shrink = static_cast<float>(state_.rho / (state_.rho + penalty_.l2));
    state_.moved = 0;
    lengths_ = {};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      float next = share * sum_[i];
      if (i < penalty_.count) next = shrink * SoftThreshold(next, threshold);
      const double step = static_cast<double>(next) - static_cast<double>(parameters[i]);
      const double apart = static_cast<double>(local_[i]) - static_cast<double>(next);
      state_.moved += step * step;
      lengths_.primal += apart * apart;
      parameters[i] = next;
      dual_[i] = brought_[i] - next;
    }
    const double pull = state_.rho / ranks;
    state_.moved *= pull * pull * ranks;
    lengths_.parameters = SquaredLength(local_);
    lengths_.dual = pull * pull * SquaredLength(dual_);
  }

  // After the round before this one; `consensus` is the squared length of its z.
  Residuals ResidualsOf(const Lengths& all, double consensus, double ranks) const {
    return {.primal = std::sqrt(all.primal),
            .dual = std::sqrt(state_.moved),
            .primal_size = std::sqrt(std::max(all.parameters, ranks * consensus)),
            .dual_size = std::sqrt(all.dual)};
  }

  bool Converged(const Residuals& residuals, double ranks) const {
    const double absolute = settings_.eps_abs * std::sqrt(static_cast<double>(dual_.size()) * ranks);
    return residuals.primal <= absolute + settings_.eps_rel * residuals.primal_size &&
           residuals.dual <= absolute + settings_.eps_rel * residuals.dual_size;
  }

  // Residuals that were measured with another rho say nothing about this one.
  void AdaptTo(const Residuals& residuals) {
    if (!settings_.adapt_rho || state_.rounds > state_.duals_from + kAdaptingRounds ||
        state_.rounds <= state_.measured_from)
      return;
    const double primal = residuals.primal * residuals.dual_size;
    const double dual = residuals.dual * residuals.primal_size;
    if (primal > kImbalance * dual) {
      ScaleRho(kFactor);
    } else if (dual > kImbalance * primal) {
      ScaleRho(1 / kFactor);
    }
  }

  void ScaleRho(double factor) {
    state_.rho *= factor;
    state_.measured_from = state_.rounds + 1;
    for (float& u : dual_) u *= static_cast<float>(1 / factor);
  }

  AdmmSettings settings_;
  Task task_;
  Penalty penalty_;
  LocalLoss loss_;
  std::unique_ptr<LocalSolver> solver_;
  Shared state_;
  Lengths lengths_;
  std::vector<float> dual_;
  std::vector<float> sum_;
  std::vector<float> brought_;  // relaxed x_i + u_i
  std::vector<float> local_;    // x_i
};

Result<void> CheckSuits(const AdmmSettings& settings, const Task& task) {
  TRY(CheckTask(task, "admm"));
  if (settings.solver == "lbfgs" && !task.model.smooth()) {
    return Error{Code::kInvalid,
                 "algorithm admm: the loss of this model has kinks, which solver lbfgs cannot minimise; choose "
                 "solver: sgd, or loss: squared_hinge of the model"};
  }
  if (settings.sgd.optimizer.weight_decay != 0) {
    return Error{Code::kInvalid, "algorithm admm: weight_decay would change the problem; choose l2 of the model"};
  }
  if (task.staleness > 0) {
    return Error{Code::kInvalid, "algorithm admm: the consensus is the mean of all ranks; choose sync: bsp"};
  }
  if (task.filter.kind != "none") {
    return Error{Code::kInvalid, StrCat("algorithm admm: it sends values and not updates, and filter ",
                                        task.filter.kind, " leaves parts out; choose filter: none")};
  }
  return {};
}

}  // namespace

Fields Describe(AdmmSettings& s) {
  Fields fields = {
      {"rho", s.rho, "weight of the distance between a worker's model and the consensus", {.min = 1e-12, .max = 1e12}},
      {"adapt_rho", s.adapt_rho, "doubles or halves rho until primal and dual residuals are of one size"},
      {"relaxation", s.relaxation, "over-relaxation; 1: none", {.min = 0.1, .max = 1.9}},
      {"eps_abs", s.eps_abs, "converged when the residuals are this small a parameter,", {.min = 0, .max = 1}},
      {"eps_rel", s.eps_rel, "or this small relative to the parameters and the duals", {.min = 0, .max = 1}},
      {"solver", s.solver, "of each worker's own problem", {.one_of = {"lbfgs", "sgd"}}},
      {"local_epochs",
       s.local_epochs,
       "passes over its rows that a worker makes in a round; solver lbfgs: at most",
       {.min = 1, .max = 1e6}},
  };
  Fields of_sgd = Describe(s.sgd);
  std::ranges::move(of_sgd, std::back_inserter(fields));
  return fields;
}

Result<std::unique_ptr<Algorithm>> Make(const Choice& choice, const Task& task) {
  AdmmSettings settings;
  TRY(Apply(choice, Describe(settings), "algorithm admm"));
  TRY(CheckSuits(settings, task));
  return std::unique_ptr<Algorithm>(std::make_unique<Admm>(settings, task));
}

}  // namespace lambdaml::admm
