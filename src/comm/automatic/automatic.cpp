// SPDX-License-Identifier: Apache-2.0
#include "comm/automatic/automatic.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "comm/automatic/measurements.h"

namespace lambdaml::automatic {

namespace {

// Choices hold for a period of so many rounds, and change if another pattern is cheaper by this factor.
constexpr std::uint64_t kRoundsPerPeriod = 32;
constexpr double kBetter = 0.9;

// Estimates do not know what the processors of a busy server and its clients need. So a pattern whose estimate comes
// near the measured rounds of the others is tried for a period, unless it is beyond all hope by the estimates alone.
constexpr double kNear = 1.3;
constexpr double kHopeless = 2;
constexpr double kNewest = 0.2;  // weight of the newest round in the mean of a pattern's rounds

// Vectors of more bytes than this travel long enough for the bandwidth to matter.
constexpr std::uint64_t kLongVector = 256U << 10U;
constexpr std::size_t kProbeBytes = std::size_t{1} << 20U;
constexpr std::uint64_t kProbesMax = 16;  // messages at once

struct Estimate {
  double seconds = 0;
  double dollars = 0;  // of requests and of the workers' time
};

// As how many requests these are billed, about.
double Billed(std::uint64_t requests, std::uint64_t bytes, std::uint64_t unit) {
  return static_cast<double>(unit == 0 ? requests : std::max(requests, bytes / unit));
}

// What a round of this cost and duration is worth.
Estimate EstimateOf(const RoundCost& cost, double seconds, const Membership& membership) {
  const ChannelPrices& prices = membership.prices;
  return {.seconds = seconds,
          .dollars = seconds * membership.size * prices.worker_second +
                     Billed(cost.puts, cost.bytes_written, prices.put_unit_bytes) * prices.put +
                     Billed(cost.gets, cost.bytes_read, prices.get_unit_bytes) * prices.get};
}

class Automatic final : public Chooser {
 public:
  explicit Automatic(std::span<const Candidate> candidates) : candidates_(candidates.begin(), candidates.end()) {
    for (const Candidate& candidate : candidates_) reductions_.push_back(candidate.make());
  }

  Result<Reduction*> Choose(Exchange& exchange, const Collective& call, const Elements& values) override {
    if (period_ != PeriodOf(call)) TRY(Enter(exchange, call, values.bytes.size()));
    clock_ = &exchange.membership().clock;
    under_way_ = {.round = call.round, .vector_bytes = values.bytes.size(), .began = clock_->Now()};
    return Chosen(exchange, call, values);
  }

  Result<Reduction*> Recall(Replay& replay, Exchange& exchange, const Collective& call,
                            const Elements& values) override {
    if (period_ != PeriodOf(call) && !TRY(EnterAgain(replay, exchange, call))) return nullptr;
    return Chosen(exchange, call, values);
  }

  void Ended(const Collective& call) override {
    if (call.round != under_way_.round) return;  // others were under way at the same time
    MeasuredLength& length = rounds_[under_way_.vector_bytes];
    length.candidate = chosen_[under_way_.vector_bytes];
    length.seconds.resize(candidates_.size());
    double& mean = length.seconds[length.candidate];
    mean += (mean == 0 ? 1 : kNewest) * (Seconds(clock_->Now() - under_way_.began) - mean);
  }

  std::vector<PatternChoice> choices() const override { return choices_; }

 private:
  // A call of this rank.
  struct Timed {
    std::uint64_t round = UINT64_MAX;
    std::uint64_t vector_bytes = 0;
    Clock::Time began{};
  };

  // In most patterns the last rank merges nothing for others alone, so its rounds are as long as they get.
  static int MeasurerOf(const Exchange& exchange) { return exchange.size() - 1; }

  static std::uint64_t PeriodOf(const Collective& call) { return call.round / kRoundsPerPeriod; }
  static std::uint64_t LastRoundOf(std::uint64_t period) { return (period + 1) * kRoundsPerPeriod - 1; }

  static Incoming PublishedIn(const Exchange& exchange, std::uint64_t period) {
    return {.inbox = Inbox::OfAll(),
            .sender = MeasurerOf(exchange),
            .type = ElementType::kByte,
            .key = MeasuredKey(exchange.membership().job, period)};
  }

  Result<void> Enter(Exchange& exchange, const Collective& call, std::uint64_t vector_bytes) {
    const std::uint64_t period = PeriodOf(call);
    const Incoming published = PublishedIn(exchange, period);
    if (exchange.rank() != MeasurerOf(exchange)) {
      const std::vector<Arrival> arrivals = TRY(exchange.Collect(call, {&published, 1}));
      return Use(arrivals.front(), period);
    }
    Bytes mine = ToBytes(TRY(Measure(exchange, call, vector_bytes)));
    const Outgoing message{.to = Inbox::OfAll(), .elements = mine.size(), .values = {ElementType::kByte, mine}};
    return Use(TRY(exchange.PostOnce(call, message, *published.key, LastRoundOf(period))), period);
  }

  // The period of a call that is over; false if nobody has entered it.
  Result<bool> EnterAgain(Replay& replay, Exchange& exchange, const Collective& call) {
    const std::uint64_t period = PeriodOf(call);
    const Incoming published = PublishedIn(exchange, period);
    const auto arrivals = TRY(replay.Find(call, {&published, 1}));
    if (!arrivals) return false;
    TRY(Use(arrivals->front(), period));
    if (exchange.rank() != MeasurerOf(exchange)) return true;
    exchange.Inherit(*published.key, LastRoundOf(period));
    exchange.Inherit(call, Probes(exchange, kProbesMax, {}));
    return true;
  }

  Result<void> Use(const Arrival& published, std::uint64_t period) {
    measured_ = TRY(ReadMeasurements(published.values.bytes, candidates_.size()));
    chosen_.clear();
    period_ = period;
    return {};
  }

  Reduction* Chosen(const Exchange& exchange, const Collective& call, const Elements& values) {
    const std::uint64_t bytes = values.bytes.size();
    if (!chosen_.contains(bytes)) chosen_[bytes] = Cheapest(exchange.membership(), call, values);
    return reductions_[chosen_[bytes]].get();
  }

  // What is known so far. Before the first round, and the first one of a long vector, messages are written that nobody
  // reads.
  Result<Measurements> Measure(Exchange& exchange, const Collective& call, std::uint64_t vector_bytes) {
    if (exchange.speed().latency_seconds == 0) {
      TRY(Probe(exchange, call, {.messages = 1}));  // also opens the connection
      TRY(Probe(exchange, call, {.messages = 1}));
      TRY(Probe(exchange, call, {.messages = kProbesMax}));
    }
    if (vector_bytes > kLongVector && exchange.speed().worker_seconds == 0) {
      TRY(Probe(exchange, call, {.messages = 1, .longest = kProbeBytes}));
      TRY(Probe(exchange, call, {.messages = 8, .longest = kProbeBytes}));
    }
    Measurements measurements{.speed = exchange.speed(), .lengths = {}};
    for (const auto& [bytes, length] : rounds_) {
      measurements.lengths.push_back(length);
      measurements.lengths.back().vector_bytes = bytes;
    }
    return measurements;
  }

  static Result<void> Probe(Exchange& exchange, const Collective& call, const WriteTime& write) {
    Bytes payload(std::max<std::uint64_t>(1, write.longest));
    return exchange.Post(call, Probes(exchange, write.messages, payload));
  }

  static std::vector<Outgoing> Probes(const Exchange& exchange, std::uint64_t messages, std::span<std::byte> payload) {
    std::vector<Outgoing> probes;
    for (std::uint32_t i = 0; i < messages; ++i) {
      probes.push_back({.to = Inbox::Of(exchange.rank()),
                        .part = UINT32_MAX - i,
                        .elements = payload.size(),
                        .values = {ElementType::kByte, payload}});
    }
    return probes;
  }

  // A function of the bytes of the vector and of what has been published for this period alone.
  std::size_t Cheapest(const Membership& membership, const Collective& call, const Elements& values) {
    const std::uint64_t vector_bytes = values.bytes.size();
    const auto known = std::ranges::find(measured_.lengths, vector_bytes, &MeasuredLength::vector_bytes);
    const bool is_new = known == measured_.lengths.end();
    const std::vector<double> seconds = is_new ? std::vector<double>(candidates_.size()) : known->seconds;
    const std::vector<Estimate> estimates = EstimatesOf(membership, vector_bytes, seconds);
    std::size_t chosen = is_new ? 0 : known->candidate;
    double least = (is_new ? 1 : kBetter) * estimates[chosen].dollars;
    const double hopeless = kHopeless * LeastByFormula(membership, vector_bytes);
    for (std::size_t i = 0; i < estimates.size(); ++i) {
      const bool is_trial = !is_new && seconds[i] == 0;
      if (is_trial && estimates[i].dollars > hopeless) continue;
      const double dollars = estimates[i].dollars / (is_trial ? kNear : 1);
      if (dollars >= least) continue;
      least = dollars;
      chosen = i;
    }
    Note({.round = call.round,
          .elements = values.count(),
          .pattern = std::string(candidates_[chosen].name),
          .reason = Reason(estimates, seconds)});
    return chosen;
  }

  RoundCost CostOf(const Candidate& candidate, const Membership& membership, std::uint64_t vector_bytes) const {
    return candidate.cost({.ranks = static_cast<std::size_t>(membership.size),
                           .elements = vector_bytes / sizeof(float),
                           .piece_bytes = membership.piece_bytes});
  }

  // By the measured rounds of a candidate, or else by its formula.
  std::vector<Estimate> EstimatesOf(const Membership& membership, std::uint64_t vector_bytes,
                                    std::span<const double> seconds) const {
    std::vector<Estimate> estimates;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      const RoundCost cost = CostOf(candidates_[i], membership, vector_bytes);
      const double of_round = seconds[i] > 0 ? seconds[i] : SecondsOf(cost, measured_.speed);
      estimates.push_back(EstimateOf(cost, of_round, membership));
    }
    return estimates;
  }

  double LeastByFormula(const Membership& membership, std::uint64_t vector_bytes) const {
    const std::vector<double> none(candidates_.size());
    return std::ranges::min(EstimatesOf(membership, vector_bytes, none), {}, &Estimate::dollars).dollars;
  }

  // For the report, if it is another choice than before.
  void Note(PatternChoice choice) {
    const auto before = std::find_if(choices_.rbegin(), choices_.rend(), [&choice](const PatternChoice& other) {
      return other.elements == choice.elements;
    });
    if (before == choices_.rend() || before->pattern != choice.pattern) choices_.push_back(std::move(choice));
  }

  // "latency 80 ms; a round by all_gather 0.16 s and $1.2e-05 (measured), ..."
  std::string Reason(std::span<const Estimate> estimates, std::span<const double> seconds) const {
    const ChannelSpeed& speed = measured_.speed;
    std::string text = StrCat("latency ", HumanSeconds(speed.latency_seconds));
    if (speed.connection_seconds > 0 && speed.worker_seconds > 0) {
      text += StrCat(", ", HumanBytes(1 / speed.connection_seconds), "/s a connection, ",
                     HumanBytes(1 / speed.worker_seconds), "/s a worker");
    }
    std::vector<std::string> costs;
    for (std::size_t i = 0; i < estimates.size(); ++i) {
      costs.push_back(StrCat(candidates_[i].name, " ", HumanSeconds(estimates[i].seconds), " and $",
                             estimates[i].dollars, seconds[i] > 0 ? " (measured)" : ""));
    }
    return StrCat(text, "; a round by ", JoinWith(", ", costs));
  }

  std::vector<Candidate> candidates_;
  std::vector<std::unique_ptr<Reduction>> reductions_;
  const Clock* clock_ = nullptr;
  Timed under_way_;
  std::map<std::uint64_t, MeasuredLength> rounds_;  // of this rank, by the bytes of the vector

  // The same on every rank.
  std::optional<std::uint64_t> period_;
  Measurements measured_;
  std::map<std::uint64_t, std::size_t> chosen_;  // in this period, by the bytes of the vector
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
