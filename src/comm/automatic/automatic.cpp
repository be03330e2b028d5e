// SPDX-License-Identifier: Apache-2.0
#include "comm/automatic/automatic.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"

namespace lambdaml::automatic {

namespace {

// A choice is looked at again after so many rounds, and changed if another pattern is cheaper by this factor.
constexpr std::uint64_t kRoundsPerReview = 32;
constexpr double kBetter = 0.9;

// Estimates do not know what the processors of a busy server and its clients need. So a pattern that could be cheaper
// than the measured rounds of the others is tried for so many rounds, unless its estimate is beyond all hope.
constexpr std::uint64_t kRoundsPerTrial = 8;
constexpr double kHopeless = 2;
constexpr double kNewest = 0.2;  // weight of the newest round in the mean of a pattern's rounds

// Vectors of more bytes than this travel long enough for the bandwidth to matter.
constexpr std::uint64_t kLongVector = 256U << 10U;
constexpr std::size_t kProbeBytes = std::size_t{1} << 20U;
// Of the stripe in which the first measurements are exchanged, beyond those of any vector.
constexpr std::uint32_t kMeasuringStripe = 60'000;

struct Estimate {
  double seconds = 0;
  double dollars = 0;  // of requests and of the workers' time
};

// As how many requests these are billed, about.
double Billed(std::uint64_t requests, std::uint64_t bytes, std::uint64_t unit) {
  return static_cast<double>(unit == 0 ? requests : std::max(requests, bytes / unit));
}

class Automatic final : public Chooser {
 public:
  explicit Automatic(std::span<const Candidate> candidates) : candidates_(candidates.begin(), candidates.end()) {
    for (const Candidate& candidate : candidates_) reductions_.push_back(candidate.make());
  }

  Result<Reduction*> Choose(Exchange& exchange, const Collective& call, const Elements& values) override {
    const std::uint64_t vector_bytes = values.bytes.size();
    if (!agreed_ || (vector_bytes > kLongVector && !measured_bandwidth_)) {
      TRY(MeasureTogether(exchange, call, vector_bytes));
    }
    Chosen& chosen = chosen_[vector_bytes];
    if (call.round >= chosen.review) Review(exchange.membership(), call, values, chosen);
    under_way_ = {
        .round = call.round, .vector_bytes = vector_bytes, .candidate = chosen.candidate, .began = clock_->Now()};
    return reductions_[chosen.candidate].get();
  }

  std::vector<double> Measured(const Exchange& exchange) override {
    const ChannelSpeed speed = exchange.speed();
    return {speed.latency_seconds, speed.message_seconds, speed.connection_seconds, speed.worker_seconds,
            last_ ? last_->seconds : 0};
  }

  void Agreed(const Collective& call, std::span<const double> sums) override {
    agreed_ = ChannelSpeed{.latency_seconds = sums[0] / ranks_,
                           .message_seconds = sums[1] / ranks_,
                           .connection_seconds = sums[2] / ranks_,
                           .worker_seconds = sums[3] / ranks_};
    if (last_) {
      double& mean = chosen_[last_->vector_bytes].seconds[last_->candidate];
      mean += (mean == 0 ? 1 : kNewest) * (sums[4] / ranks_ - mean);
    }
    last_.reset();
    if (call.round == under_way_.round) last_ = under_way_;
    if (last_) last_->seconds = Seconds(clock_->Now() - last_->began);
  }

  std::vector<PatternChoice> choices() const override { return choices_; }

 private:
  // For vectors of one length.
  struct Chosen {
    std::size_t candidate = 0;
    std::uint64_t review = 0;     // the round
    std::vector<double> seconds;  // of the rounds of each candidate so far, the mean over the ranks; 0: none
  };

  // A call of this rank.
  struct Timed {
    std::uint64_t round = UINT64_MAX;
    std::uint64_t vector_bytes = 0;
    std::size_t candidate = 0;
    Clock::Time began;
    double seconds = 0;
  };

  // Before the first round there is nothing to go by.
  Result<void> MeasureTogether(Exchange& exchange, const Collective& call, std::uint64_t vector_bytes) {
    ranks_ = exchange.size();
    clock_ = &exchange.membership().clock;
    measured_bandwidth_ = vector_bytes > kLongVector;
    TRY(Probe(exchange, call, 1, 1));  // also opens the connection
    TRY(Probe(exchange, call, 1, 1));
    TRY(Probe(exchange, call, 16, 1));
    if (measured_bandwidth_) TRY(Probe(exchange, call, 1, kProbeBytes));
    if (measured_bandwidth_) TRY(Probe(exchange, call, 8, kProbeBytes));
    std::vector<double> sums = Measured(exchange);
    const Stripe stripe{.values = Elements::Of(std::span(sums)),
                        .vector_elements = sums.size(),
                        .number = kMeasuringStripe + (measured_bandwidth_ ? 1U : 0U)};
    TRY(reductions_.front()->AllReduce(exchange, call, stripe).Context("measuring the channel"));
    last_.reset();
    Agreed(call, sums);
    last_.reset();
    return {};
  }

  // Writes messages that nobody reads.
  Result<void> Probe(Exchange& exchange, const Collective& call, std::uint32_t messages, std::size_t bytes) {
    Bytes payload(bytes);
    std::vector<Outgoing> probes;
    for (std::uint32_t i = 0; i < messages; ++i) {
      probes.push_back({.to = Inbox::Of(exchange.rank()),
                        .part = UINT32_MAX - i,
                        .elements = bytes,
                        .values = {ElementType::kByte, payload}});
    }
    return exchange.Post(call, probes);
  }

  void Review(const Membership& membership, const Collective& call, const Elements& values, Chosen& chosen) {
    const bool is_new = chosen.review == 0;
    chosen.seconds.resize(candidates_.size());
    std::vector<Estimate> estimates;
    double hopeless = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      const RoundCost cost = candidates_[i].cost({.ranks = static_cast<std::size_t>(membership.size),
                                                  .elements = values.count(),
                                                  .element_bytes = ElementBytes(values.type),
                                                  .piece_bytes = membership.piece_bytes});
      const Estimate by_formula = EstimateOf(cost, SecondsOf(cost, *agreed_), membership);
      hopeless = std::min(hopeless, kHopeless * by_formula.dollars);
      estimates.push_back(chosen.seconds[i] > 0 ? EstimateOf(cost, chosen.seconds[i], membership) : by_formula);
    }
    const auto best =
        static_cast<std::size_t>(std::ranges::min_element(estimates, {}, &Estimate::dollars) - estimates.begin());
    const bool changes = is_new || (estimates[best].dollars < kBetter * estimates[chosen.candidate].dollars &&
                                    (chosen.seconds[best] > 0 || estimates[best].dollars <= hopeless));
    if (changes) chosen.candidate = best;
    chosen.review = call.round + (chosen.seconds[chosen.candidate] > 0 ? kRoundsPerReview : kRoundsPerTrial);
    if (!changes) return;
    choices_.push_back({.round = call.round,
                        .elements = values.count(),
                        .pattern = std::string(candidates_[best].name),
                        .reason = Reason(estimates, chosen.seconds)});
  }

  static Estimate EstimateOf(const RoundCost& cost, double seconds, const Membership& membership) {
    const ChannelPrices& prices = membership.prices;
    return {.seconds = seconds,
            .dollars = seconds * membership.size * prices.worker_second +
                       Billed(cost.puts, cost.bytes_written, prices.put_unit_bytes) * prices.put +
                       Billed(cost.gets, cost.bytes_read, prices.get_unit_bytes) * prices.get};
  }

  // "latency 80 ms; a round costs by all_gather 0.16 s and $1.2e-05 (measured), ..."
  std::string Reason(std::span<const Estimate> estimates, std::span<const double> measured) const {
    std::string text = StrCat("latency ", HumanSeconds(agreed_->latency_seconds));
    if (measured_bandwidth_) {
      text += StrCat(", ", HumanBytes(1 / agreed_->connection_seconds), "/s a connection, ",
                     HumanBytes(1 / agreed_->worker_seconds), "/s a worker");
    }
    std::vector<std::string> costs;
    for (std::size_t i = 0; i < estimates.size(); ++i) {
      costs.push_back(StrCat(candidates_[i].name, " ", HumanSeconds(estimates[i].seconds), " and $",
                             estimates[i].dollars, measured[i] > 0 ? " (measured)" : ""));
    }
    return StrCat(text, "; a round by ", JoinWith(", ", costs));
  }

  std::vector<Candidate> candidates_;
  std::vector<std::unique_ptr<Reduction>> reductions_;
  double ranks_ = 1;
  const Clock* clock_ = nullptr;
  Timed under_way_;
  std::optional<Timed> last_;  // the call whose time is summed with the next one
  bool measured_bandwidth_ = false;
  std::optional<ChannelSpeed> agreed_;
  std::map<std::uint64_t, Chosen> chosen_;  // by the bytes of the vector
  std::vector<PatternChoice> choices_;
};

}  // namespace

double SecondsOf(const RoundCost& cost, const ChannelSpeed& speed) {
  double seconds = 0;
  for (const RoundStep& step : cost.steps) seconds += speed.SecondsFor(step.messages, step.bytes, step.longest);
  return seconds;
}

std::unique_ptr<Chooser> Make(std::span<const Candidate> candidates) { return std::make_unique<Automatic>(candidates); }

}  // namespace lambdaml::automatic
