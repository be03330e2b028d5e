// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/plan.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "comm/registry.h"
#include "tests/sim/dice.h"

namespace lambdaml::sim {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array kKindNames{"AllReduce", "doubles", "Broadcast", "Barrier", "started", "stale"};
constexpr std::array kWireNames{"float32", "float16", "bfloat16", "int8"};

int DrawSize(Dice& dice) {
  if (dice.Chance(0.06)) return 64;
  return static_cast<int>(dice.Chance(0.2) ? dice.Between(9, 33) : dice.Between(2, 8));
}

WireFormat DrawFormat(Dice& dice) {
  WireFormat format;
  format.sparse = dice.Chance(0.6);
  if (dice.Chance(0.3)) {
    format.wire = dice.OneOf(std::array{Wire::kFloat16, Wire::kBfloat16, Wire::kInt8});
  }
  if (dice.Chance(0.2)) format.accumulate = Accumulate::kFloat64;
  return format;
}

// A calm channel, a slow one, or one on a bad day; blocking or polled.
ChannelOptions DrawChannel(Dice& dice, std::uint64_t seed) {
  ChannelOptions options{.seed = seed};
  options.latency_min = dice.OneOf(std::array<Clock::Duration, 3>{microseconds(20), milliseconds(1), milliseconds(20)});
  options.latency_max = options.latency_min * static_cast<int>(dice.Between(1, 5));
  if (dice.Chance(0.5)) {
    options.limits.waits_natively = false;
    options.limits.poll_pause_min = options.latency_min;
    options.limits.poll_pause_max = std::max<Clock::Duration>(milliseconds(100), options.latency_min * 20);
    if (dice.Chance(0.4)) options.stale_reads = 0.3;
  }
  if (dice.Chance(0.3)) return options;
  options.slow = dice.Chance(0.5) ? 0.02 : 0;
  options.errors = dice.Chance(0.5) ? 0.05 : 0;
  options.lost_replies = dice.Chance(0.5) ? 0.05 : 0;
  options.repeats = dice.Chance(0.6) ? 0.1 : 0;
  return options;
}

// Short where there are many ranks; some longer than a piece, and most no multiple of anything.
std::size_t DrawLength(Dice& dice, int size) {
  if (dice.Chance(0.15)) return dice.Below(3);
  if (size > 16) return dice.Between(1, 700);
  return dice.Chance(0.2) ? dice.Between(1000, 6000) : dice.Between(1, 300);
}

Unit DrawUnit(Dice& dice, int size) {
  using enum Unit::Kind;
  Unit unit;
  unit.kind = dice.OneOf(
      std::array{kAllReduce, kAllReduce, kAllReduce, kAllReduce, kDoubles, kBroadcast, kBarrier, kStarted, kStale});
  unit.numbers =
      dice.OneOf(std::array{Unit::Numbers::kAny, Unit::Numbers::kAny, Unit::Numbers::kSparse, Unit::Numbers::kWhole});
  unit.length = DrawLength(dice, size);
  unit.tally = dice.Chance(0.5) ? dice.Below(9) : 0;
  unit.root = dice.Rank(size);
  if (unit.kind == kStarted) unit.calls = dice.Between(1, 4);
  if (unit.kind == kStale) {
    unit.calls = dice.Between(1, 12);
    unit.staleness = dice.OneOf(std::array<std::uint64_t, 4>{1, 2, 4, UINT64_MAX});
    unit.length = std::min<std::size_t>(unit.length, 64);
    unit.numbers = Unit::Numbers::kWhole;
  }
  return unit;
}

std::vector<Unit> DrawUnits(Dice& dice, int size) {
  const std::size_t most = size > 16 ? 4 : size > 8 ? 12 : dice.Chance(0.1) ? 120 : 30;
  std::vector<Unit> units(dice.Between(2, most));
  for (Unit& unit : units) unit = DrawUnit(dice, size);
  return units;
}

// After every so many units, and after stale ones, which are never replayed: what a rank has had of the others' totals
// is in no result.
void DrawCheckpoints(Dice& dice, Plan& plan) {
  plan.makes_checkpoints = true;
  const std::size_t every = dice.Between(1, dice.Chance(0.5) ? 4 : 40);
  for (std::size_t i = 0; i < plan.units.size(); ++i) {
    Unit& unit = plan.units[i];
    unit.ends_with_checkpoint = (i + 1) % every == 0 || unit.kind == Unit::Kind::kStale;
    if (unit.ends_with_checkpoint && unit.kind == Unit::Kind::kBroadcast) unit.kind = Unit::Kind::kBarrier;
  }
  plan.checkpoints_kept = dice.Between(1, 2);
  plan.recalls = dice.OneOf(std::array{0.0, 0.5, 1.0});
}

// What a rank has had of the others' contributions dies with it: where it is taken over says nothing of it.
void DropStaleUnits(Plan& plan) {
  for (Unit& unit : plan.units) {
    if (unit.kind == Unit::Kind::kStale) unit.kind = Unit::Kind::kAllReduce;
  }
}

void DrawAccidents(Dice& dice, Plan& plan) {
  const std::size_t points = dice.OneOf(std::array{6U, 24U}) * plan.units.size();  // about as many as a rank has
  if (dice.Chance(0.4)) {
    for (std::size_t i = dice.Between(1, 3); i > 0; --i) {
      plan.deaths.push_back({.rank = dice.Rank(plan.size),
                             .point = dice.Below(points),
                             .after = dice.Chance(0.5) ? Clock::Duration() : dice.UpTo(milliseconds(100)),
                             .until = dice.UpTo(dice.Chance(0.4) ? Clock::Duration(milliseconds(20)) : seconds(5))});
    }
  }
  if (dice.Chance(0.3)) {
    plan.pauses.push_back({.rank = dice.Rank(plan.size), .point = dice.Below(points), .time = dice.UpTo(seconds(5))});
  }
  if (dice.Chance(0.15)) plan.twins.push_back(dice.Rank(plan.size));
  std::erase_if(plan.deaths, [&plan](const Death& death) { return std::ranges::count(plan.twins, death.rank) != 0; });
  if (dice.Chance(0.5)) plan.detects_after = dice.UpTo(seconds(1)) + milliseconds(50);
  plan.fences_twins = plan.makes_checkpoints && plan.detects_after && !plan.twins.empty();
  plan.fence_unit = dice.Below(plan.units.size());
  if (plan.fences_twins || (!plan.makes_checkpoints && !plan.deaths.empty())) DropStaleUnits(plan);
}

std::string ToText(const Unit& unit) {
  std::string text = kKindNames[static_cast<std::size_t>(unit.kind)];
  if (unit.kind != Unit::Kind::kBarrier) text += StrCat(" ", unit.length);
  if (unit.tally > 0) text += StrCat("+", unit.tally);
  if (unit.calls > 1) text += StrCat(" x", unit.calls);
  if (unit.kind == Unit::Kind::kStale) {
    text += unit.staleness == UINT64_MAX ? std::string(" any staleness") : StrCat(" staleness ", unit.staleness);
  }
  return unit.ends_with_checkpoint ? text + " |" : text;
}

std::string ToText(const ChannelOptions& channel) {
  return StrCat(channel.limits.waits_natively ? "blocking" : "polled", ", latency ",
                HumanSeconds(Seconds(channel.latency_min)), " to ", HumanSeconds(Seconds(channel.latency_max)),
                "; shares: slow ", channel.slow, ", errors ", channel.errors, ", lost replies ", channel.lost_replies,
                ", repeats ", channel.repeats, ", stale reads ", channel.stale_reads);
}

}  // namespace

Plan PlanOf(std::uint64_t seed) {
  Dice dice(seed);
  Plan plan;
  plan.seed = seed;
  plan.pattern = std::string(Patterns()[dice.Below(Patterns().size())].name);
  plan.size = DrawSize(dice);
  plan.format = DrawFormat(dice);
  plan.piece_bytes = dice.OneOf(std::array<std::size_t, 3>{1024, 4096, std::size_t{4} << 20U});
  plan.think_max = dice.OneOf(std::array<Clock::Duration, 3>{microseconds(10), milliseconds(5), milliseconds(300)});
  plan.channel = DrawChannel(dice, seed);
  plan.units = DrawUnits(dice, plan.size);
  if (dice.Chance(0.6)) DrawCheckpoints(dice, plan);
  DrawAccidents(dice, plan);
  return plan;
}

std::string ToText(const Plan& plan) {
  std::string text =
      StrCat("seed ", plan.seed, ": ", plan.pattern, " of ", plan.size, " ranks, ",
             kWireNames[static_cast<std::size_t>(plan.format.wire)], plan.format.sparse ? " or sparse" : "",
             plan.format.accumulate == Accumulate::kFloat64 ? ", added as float64" : "", ", pieces of ",
             HumanBytes(static_cast<double>(plan.piece_bytes)), ", up to ", HumanSeconds(Seconds(plan.think_max)),
             " between calls\nchannel: ", ToText(plan.channel), "\ncalls: ");
  for (std::size_t i = 0; i < plan.units.size(); ++i) text += StrCat(i == 0 ? "" : "; ", ToText(plan.units[i]));
  for (const Death& death : plan.deaths) {
    text += StrCat("\nrank ", death.rank, " dies ", HumanSeconds(Seconds(death.after)), " after point ", death.point,
                   " and is replaced ", HumanSeconds(Seconds(death.until)), " later");
  }
  for (const Pause& pause : plan.pauses) {
    text += StrCat("\nrank ", pause.rank, " stands still for ", HumanSeconds(Seconds(pause.time)), " at point ",
                   pause.point);
  }
  if (plan.makes_checkpoints)
    text += StrCat("\ncheckpoints at |, ", plan.checkpoints_kept, " kept, ", plan.recalls,
                   " of the sums recalled if possible");
  if (plan.detects_after) {
    text += StrCat("\ntells its failure detector after ", HumanSeconds(Seconds(*plan.detects_after)));
  }
  for (const int rank : plan.twins) text += StrCat("\nrank ", rank, " runs twice");
  if (plan.fences_twins) text += StrCat("; the first of both is fenced out behind unit ", plan.fence_unit);
  return text + "\n";
}

}  // namespace lambdaml::sim
