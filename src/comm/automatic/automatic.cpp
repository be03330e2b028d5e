// SPDX-License-Identifier: Apache-2.0
#include "comm/automatic/automatic.h"

#include <algorithm>
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

// Vectors of more bytes than this travel long enough for the bandwidth to matter.
constexpr std::uint64_t kLongVector = 256U << 10U;
constexpr std::size_t kProbeBytes = std::size_t{1} << 20U;
// Of the stripe in which the first measurements are exchanged, beyond those of any vector.
constexpr std::uint32_t kMeasuringStripe = 60'000;

struct Estimate {
  double seconds = 0;
  double dollars = 0;  // of requests and of the workers' time
};

class Automatic final : public Chooser {
 public:
  explicit Automatic(std::span<const Candidate> candidates) : candidates_(candidates.begin(), candidates.end()) {
    for (const Candidate& candidate : candidates_) reductions_.push_back(candidate.make());
  }

  Result<Reduction*> Choose(Exchange& exchange, const Call& call, std::uint64_t vector_bytes) override {
    if (!agreed_ || (vector_bytes > kLongVector && !measured_bandwidth_)) {
      TRY(MeasureTogether(exchange, call, vector_bytes));
    }
    Chosen& chosen = chosen_[vector_bytes];
    if (call.round >= chosen.review) Review(exchange.membership(), call, vector_bytes, chosen);
    return reductions_[chosen.candidate].get();
  }

  std::vector<double> Measured(const Exchange& exchange) override {
    const ChannelSpeed speed = exchange.speed();
    return {speed.latency_seconds, speed.message_seconds, speed.connection_seconds, speed.worker_seconds};
  }

  void Agreed(std::span<const double> sums) override {
    agreed_ = ChannelSpeed{.latency_seconds = sums[0] / ranks_,
                           .message_seconds = sums[1] / ranks_,
                           .connection_seconds = sums[2] / ranks_,
                           .worker_seconds = sums[3] / ranks_};
  }

  std::vector<PatternChoice> choices() const override { return choices_; }

 private:
  struct Chosen {
    std::size_t candidate = 0;
    std::uint64_t review = 0;  // the round
  };

  // Before the first round there is nothing to go by.
  Result<void> MeasureTogether(Exchange& exchange, const Call& call, std::uint64_t vector_bytes) {
    ranks_ = exchange.size();
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
    Agreed(sums);
    return {};
  }

  // Writes messages that nobody reads.
  Result<void> Probe(Exchange& exchange, const Call& call, std::uint32_t messages, std::size_t bytes) {
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

  void Review(const Membership& membership, const Call& call, std::uint64_t vector_bytes, Chosen& chosen) {
    std::vector<Estimate> estimates;
    for (const Candidate& candidate : candidates_) {
      estimates.push_back(EstimateOf(candidate, membership, vector_bytes));
    }
    const auto best = std::ranges::min_element(estimates, {}, &Estimate::dollars);
    const bool is_new = chosen.review == 0;
    chosen.review = call.round + kRoundsPerReview;
    if (!is_new && best->dollars > kBetter * estimates[chosen.candidate].dollars) return;
    const auto candidate = static_cast<std::size_t>(best - estimates.begin());
    if (!is_new && candidate == chosen.candidate) return;
    chosen.candidate = candidate;
    choices_.push_back({.round = call.round,
                        .elements = vector_bytes / sizeof(float),
                        .pattern = std::string(candidates_[candidate].name),
                        .reason = Reason(estimates)});
  }

  Estimate EstimateOf(const Candidate& candidate, const Membership& membership, std::uint64_t vector_bytes) const {
    const RoundCost cost = candidate.cost({.ranks = static_cast<std::size_t>(membership.size),
                                           .elements = vector_bytes / sizeof(float),
                                           .piece_bytes = membership.piece_bytes});
    const ChannelPrices& prices = membership.prices;
    const double seconds = SecondsOf(cost, *agreed_);
    return {.seconds = seconds,
            .dollars = seconds * membership.size * prices.worker_second + static_cast<double>(cost.puts) * prices.put +
                       static_cast<double>(cost.gets) * prices.get};
  }

  // "latency 80 ms, 65 MB/s a connection, 630 MB/s a worker: all_gather 0.16 s $1.2e-05, ..."
  std::string Reason(std::span<const Estimate> estimates) const {
    std::string text = StrCat("latency ", HumanSeconds(agreed_->latency_seconds));
    if (measured_bandwidth_) {
      text += StrCat(", ", HumanBytes(1 / agreed_->connection_seconds), "/s a connection, ",
                     HumanBytes(1 / agreed_->worker_seconds), "/s a worker");
    }
    std::vector<std::string> costs;
    for (std::size_t i = 0; i < estimates.size(); ++i) {
      costs.push_back(StrCat(candidates_[i].name, " ", HumanSeconds(estimates[i].seconds), " $", estimates[i].dollars));
    }
    return StrCat(text, "; a round is estimated at: ", JoinWith(", ", costs));
  }

  std::vector<Candidate> candidates_;
  std::vector<std::unique_ptr<Reduction>> reductions_;
  double ranks_ = 1;
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
