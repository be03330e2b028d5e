// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/job_plan.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "tests/sim/dice.h"

namespace lambdaml::sim {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 3> kAccidents{"dies", "stands still", "sees the channel lose data"};

void DrawAlgorithm(Dice& dice, JobSpec& spec) {
  const std::string epochs = StrCat(dice.Between(2, dice.Chance(0.7) ? 10 : 25));
  const std::string batch = StrCat(dice.Between(16, 64));
  spec.model = {"logistic", {{"l2", "0.01"}}};
  switch (dice.Below(6)) {
    case 0:
      spec.algorithm = {"ma_sgd", {{"epochs", epochs}, {"batch", batch}, {"local_steps", StrCat(dice.Between(0, 2))}}};
      break;
    case 1: spec.algorithm = {"lbfgs", {{"epochs", epochs}}}; break;
    case 2: spec.algorithm = {"admm", {{"epochs", epochs}}}; break;
    case 3:
      spec.model = {"kmeans", {{"k", "3"}}};
      spec.algorithm = {"em", {{"epochs", epochs}}};
      break;
    default: spec.algorithm = {"ga_sgd", {{"epochs", epochs}, {"batch", batch}, {"learning_rate", "0.1"}}}; break;
  }
}

void DrawExchange(Dice& dice, JobSpec& spec) {
  spec.pattern = dice.OneOf(std::array{"all_gather", "reduce", "scatter_reduce", "grouped"});
  const bool is_sgd = spec.algorithm.kind == "ga_sgd" || spec.algorithm.kind == "ma_sgd";
  if (!is_sgd) return;
  if (dice.Chance(0.4)) {
    spec.sync = dice.OneOf(std::array{"asp", "ssp"});
    if (spec.sync == "ssp") spec.staleness = static_cast<std::int64_t>(dice.Between(1, 3));
    return;
  }
  if (dice.Chance(0.3)) spec.exchange.wire = dice.OneOf(std::array{"float16", "bfloat16", "int8"});
  if (dice.Chance(0.3)) {
    spec.exchange.filter = "top_k";
    spec.exchange.share = 0.25;
  }
}

JobSpec DrawSpec(Dice& dice, std::uint64_t seed) {
  JobSpec spec;
  spec.name = "sim";
  spec.data = "memory://simulated-rows";
  spec.channel = "redis://sim:1";
  spec.recovery.records = "redis://sim:2";
  spec.output = "unused";
  DrawAlgorithm(dice, spec);
  spec.workers = static_cast<std::int64_t>(dice.Between(1, dice.Chance(0.7) ? 4 : 8));
  DrawExchange(dice, spec);
  spec.seed = static_cast<std::int64_t>(seed % 1000);
  spec.holdout = dice.Chance(0.5) ? 0.2 : 0;
  spec.standardise = dice.Chance(0.4);
  spec.recovery.lease_s = dice.OneOf(std::array{0.5, 2.0, 5.0, 20.0});
  spec.recovery.attempts = 10;
  spec.recovery.checkpoint_s = dice.OneOf(std::array{0.05, 0.3, 1.0, 60.0});
  return spec;
}

ChannelOptions DrawStore(Dice& dice, std::uint64_t seed) {
  ChannelOptions options{.seed = seed};
  options.latency_min = dice.OneOf(std::array<Clock::Duration, 3>{milliseconds(1), milliseconds(5), milliseconds(20)});
  options.latency_max = options.latency_min * static_cast<int>(dice.Between(1, 5));
  if (dice.Chance(0.5)) {
    options.limits.waits_natively = false;
    options.limits.poll_pause_min = options.latency_min;
    options.limits.poll_pause_max = options.latency_min * 10;
  }
  if (dice.Chance(0.4)) return options;
  options.slow = dice.Chance(0.5) ? 0.02 : 0;
  options.errors = dice.Chance(0.5) ? 0.03 : 0;
  options.lost_replies = dice.Chance(0.5) ? 0.03 : 0;
  options.repeats = dice.Chance(0.5) ? 0.05 : 0;
  return options;
}

// So that a job takes longer than a function lives.
void SlowDown(ChannelOptions& channel) {
  channel.latency_min = milliseconds(100);
  channel.latency_max = milliseconds(200);
}

Accident DrawAccident(Dice& dice, const JobSpec& spec) {
  const Clock::Duration lease = FromSeconds(spec.recovery.lease_s);
  Accident accident;
  accident.kind = static_cast<Accident::Kind>(dice.OneOf(std::array{0, 0, 0, 1, 1, 2}));
  accident.rank = static_cast<std::int64_t>(dice.Below(static_cast<std::size_t>(spec.workers + 1))) - 1;
  accident.incarnation = static_cast<std::int64_t>(dice.Between(1, dice.Chance(0.7) ? 2 : 4));
  accident.point = dice.Below(std::size_t{1} << dice.Between(4, 11));
  accident.time = dice.Chance(0.5) ? dice.UpTo(lease) : lease + dice.UpTo(4 * lease);
  accident.share = dice.Chance(0.5) ? 1 : 0.3;
  return accident;
}

void DrawFunctions(Dice& dice, JobPlan& plan) {
  const Clock::Duration lease = FromSeconds(plan.spec.recovery.lease_s);
  plan.deliveries.start_max =
      dice.OneOf(std::array<Clock::Duration, 3>{milliseconds(5), milliseconds(300), seconds(2)});
  plan.deliveries.start_max = std::min<Clock::Duration>(plan.deliveries.start_max, lease / 2);
  plan.deliveries.late_max = 4 * lease;
  if (dice.Chance(0.5)) {
    plan.deliveries.late = dice.Chance(0.5) ? 0.1 : 0;
    plan.deliveries.twice = dice.Chance(0.6) ? 0.2 : 0;
    plan.deliveries.refused = dice.Chance(0.4) ? 0.2 : 0;
  }
  // Whoever watches must live for longer than it takes to see that somebody who was called has not come.
  plan.lifetime =
      dice.Chance(0.4) ? std::max<Clock::Duration>(seconds(8), 4 * lease) + dice.UpTo(seconds(20)) : seconds(900);
}

std::string ToText(std::string_view name, const ChannelOptions& store) {
  return StrCat(name, ": ", store.limits.waits_natively ? "blocking" : "polled", ", latency ",
                HumanSeconds(Seconds(store.latency_min)), " to ", HumanSeconds(Seconds(store.latency_max)),
                "; shares: slow ", store.slow, ", errors ", store.errors, ", lost replies ", store.lost_replies,
                ", repeats ", store.repeats, ", stale reads ", store.stale_reads, "\n");
}

}  // namespace

std::string ToText(const Accident& accident) {
  std::string text =
      StrCat(accident.rank < 0 ? std::string("trigger") : StrCat("rank ", accident.rank), " (", accident.incarnation,
             ") ", kAccidents[static_cast<std::size_t>(accident.kind)], " at point ", accident.point);
  if (accident.kind == Accident::Kind::kPause) text += StrCat(" for ", HumanSeconds(Seconds(accident.time)));
  if (accident.kind == Accident::Kind::kLoss) text += StrCat(": ", accident.share, " of it");
  return text;
}

JobPlan JobPlanOf(std::uint64_t seed) {
  Dice dice(Mix(seed, 0x6A6F62));
  JobPlan plan;
  plan.seed = seed;
  plan.spec = DrawSpec(dice, seed);
  plan.channel = DrawStore(dice, Mix(seed, 1));
  if (!plan.channel.limits.waits_natively && dice.Chance(0.4)) plan.channel.stale_reads = 0.3;
  if (plan.spec.recovery.lease_s >= 2 && dice.Chance(0.3)) SlowDown(plan.channel);
  plan.records = DrawStore(dice, Mix(seed, 2));
  const Clock::Duration lease = FromSeconds(plan.spec.recovery.lease_s);
  plan.records.slow_max = plan.channel.slow_max = lease / 4;
  plan.channel.stale_max = std::min<Clock::Duration>(seconds(1), lease / 2);
  DrawFunctions(dice, plan);
  const std::size_t accidents = dice.Chance(0.2) ? 0 : dice.Between(1, 4);
  for (std::size_t i = 0; i < accidents; ++i) plan.accidents.push_back(DrawAccident(dice, plan.spec));
  return plan;
}

JobPlan Calm(JobPlan plan) {
  plan.channel = {.seed = plan.seed};
  plan.records = {.seed = plan.seed};
  plan.deliveries = {};
  plan.lifetime = seconds(900);
  plan.accidents.clear();
  plan.steps = {};
  return plan;
}

std::string ToText(const JobPlan& plan) {
  const Deliveries& deliveries = plan.deliveries;
  std::string text =
      StrCat("job of seed ", plan.seed, ": ", ToJson(plan.spec), "\n", ToText("channel", plan.channel),
             ToText("records", plan.records), "functions live for ", HumanSeconds(Seconds(plan.lifetime)),
             ", start within ", HumanSeconds(Seconds(deliveries.start_max)), "; shares: late ", deliveries.late,
             ", twice ", deliveries.twice, ", refused ", deliveries.refused, "\n");
  for (const Accident& accident : plan.accidents) text += ToText(accident) + "\n";
  return text;
}

}  // namespace lambdaml::sim
