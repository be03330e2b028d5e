// SPDX-License-Identifier: Apache-2.0
#include "cli/summary.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "base/text.h"
#include "cli/cost.h"

namespace lambdaml {

namespace {

// The mean over the workers: what a typical one did with the time.
PhaseSeconds Mean(const std::vector<WorkerReport>& workers) {
  PhaseSeconds mean;
  const auto count = static_cast<double>(workers.size());
  for (const WorkerReport& worker : workers) {
    mean.start += worker.seconds.start / count;
    mean.load += worker.seconds.load / count;
    mean.compute += worker.seconds.compute / count;
    mean.communicate += worker.seconds.communicate / count;
    mean.wait += worker.seconds.wait / count;
  }
  return mean;
}

std::string TimeLine(const JobReport& report) {
  const PhaseSeconds mean = Mean(report.workers);
  return StrCat("time     ", HumanSeconds(report.wall_seconds), "; a worker: start ", HumanSeconds(mean.start),
                ", load ", HumanSeconds(mean.load), ", compute ", HumanSeconds(mean.compute), ", communicate ",
                HumanSeconds(mean.communicate), ", wait ", HumanSeconds(mean.wait), "\n");
}

std::string TrafficLine(const JobReport& report) {
  std::int64_t requests = 0;
  double sent = 0;
  double received = 0;
  for (const WorkerReport& worker : report.workers) {
    requests += worker.requests;
    sent += static_cast<double>(worker.bytes_sent);
    received += static_cast<double>(worker.bytes_received);
  }
  return StrCat("traffic  ", HumanCount(requests), " requests, ", HumanBytes(sent), " sent, ", HumanBytes(received),
                " received, ", Fixed(MissesPerRound(report), 1), " misses a round\n");
}

// Where measurements chose the pattern: what was chosen for each length in the end.
std::string PatternLine(const JobReport& report) {
  std::map<std::int64_t, std::string> by_length;
  for (const ChosenPattern& choice : report.workers.front().pattern_choices) {
    by_length[choice.elements] = StrCat(choice.pattern, " for ", HumanCount(choice.elements), " numbers");
  }
  std::vector<std::string> choices;
  choices.reserve(by_length.size());
  for (const auto& [elements, words] : by_length) choices.push_back(words);
  return choices.empty() ? "" : StrCat("pattern  ", JoinWith(", ", choices), "\n");
}

std::string CostLine(const JobReport& report) {
  double dollars = 0;
  for (const WorkerReport& worker : report.workers) dollars += worker.channel_dollars;
  const std::string cost = CostInWords(dollars, report.spec.channel);
  return cost.empty() ? "" : StrCat("cost     ", cost, "\n");
}

}  // namespace

std::string EpochsInWords(double epochs) {
  const bool whole = epochs == std::floor(epochs);
  return whole ? HumanCount(static_cast<std::int64_t>(epochs)) : Fixed(epochs, 2);
}

std::string MetricText(double value) {
  const double magnitude = std::abs(value);
  if (magnitude == 0 || (magnitude >= 0.001 && magnitude < 100'000)) return Fixed(value, 4);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.5g", value);
  return text.data();
}

std::string QualityInWords(std::string_view prefix, double loss, std::optional<double> accuracy,
                           std::optional<double> rmse) {
  std::string text = StrCat(prefix, "loss ", MetricText(loss));
  if (accuracy) text += StrCat("  ", prefix, "accuracy ", MetricText(*accuracy));
  if (rmse) text += StrCat("  ", prefix, "RMSE ", MetricText(*rmse));
  return text;
}

std::string InWords(const Metrics& metrics) {
  std::string text;
  const auto add = [&text](std::string_view name, const std::optional<double>& value) {
    if (value) text += StrCat(name, " ", MetricText(*value), ", ");
  };
  add("accuracy", metrics.accuracy);
  add("AUC", metrics.auc);
  add("RMSE", metrics.rmse);
  return StrCat(text, "loss ", MetricText(metrics.loss));
}

std::string SummaryOf(const JobReport& report) {
  std::string text = StrCat(report.name, ": ", report.status);
  if (report.workers.empty()) return StrCat(text, " after ", HumanSeconds(report.wall_seconds), "\n");
  const WorkerReport& any = report.workers.front();
  text += StrCat(" after ", EpochsInWords(any.epochs), " epochs, ", HumanCount(any.rounds), " rounds, ",
                 report.workers.size(), " workers (", Name(any.ending), ")\n");
  text += StrCat("train    ", InWords(any.train), "\n");
  if (any.test) text += StrCat("test     ", InWords(*any.test), "\n");
  return text + TimeLine(report) + TrafficLine(report) + PatternLine(report) + CostLine(report);
}

}  // namespace lambdaml
