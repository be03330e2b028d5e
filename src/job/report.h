// SPDX-License-Identifier: Apache-2.0
#pragma once

// What comes out of a job (docs/formats/report.md). A worker returns a WorkerReport as its function's response; the
// trigger gathers them into a JobReport, which `lambdaml train` writes to the job's output as report.json.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "job/spec.h"

namespace lambdaml {

// Over all workers' rows together; what the model does not learn is not there.
struct Metrics {
  double loss = 0;                   // mean over rows, without the penalty; of clusters the inertia of a row
  std::optional<double> accuracy{};  // share of rows whose class was predicted
  std::optional<double> auc{};       // of two classes: area under the receiver operating characteristic
  std::optional<double> rmse{};      // of numbers: root of the mean squared error
  std::int64_t rows = 0;

  friend bool operator==(const Metrics&, const Metrics&) = default;
};

// One point of the curves, the same on every rank.
struct CurvePoint {
  std::int64_t round = 0;
  double epoch = 0;
  double seconds = 0;                        // since the worker began to train
  double loss = 0;                           // mean over the rows of the epoch, before each update, plus the penalty
  std::optional<double> accuracy{};          // likewise, of classes
  std::optional<double> rmse{};              // likewise, of numbers
  std::map<std::string, double> measures{};  // of the algorithm: residuals, movement of centres, ...
  std::optional<Metrics> test;               // where there are test or held-out rows
};

// Why training ended.
enum class Ending {
  kEpochs,
  kRounds,
  kTargetLoss,
  kNoImprovement,
  kStopped,
  kConverged,
  kSeconds,
  kDollars,
  kDiverged
};
std::string_view Name(Ending ending);

struct PhaseSeconds {
  double start = 0;  // from the user's command to the worker's first line
  double load = 0;
  double compute = 0;
  double communicate = 0;  // in collective calls, without waiting
  double wait = 0;         // for messages of other ranks
};

// Which pattern has summed vectors of one length from some round on, where the job leaves it to measurements.
struct ChosenPattern {
  std::int64_t round = 0;
  std::int64_t elements = 0;
  std::string pattern;
  std::string reason;
};

struct WorkerReport {
  std::int64_t rank = 0;
  std::int64_t rows = 0;
  PhaseSeconds seconds;
  std::int64_t requests = 0;  // to the channel
  std::int64_t misses = 0;    // of these: looks for what was not there yet
  std::int64_t bytes_sent = 0;
  std::int64_t bytes_received = 0;
  double channel_dollars = 0;  // what the channel's owner bills for these requests
  std::int64_t memory_peak_bytes = 0;
  std::int64_t cold_start = 0;    // how many of its invocations started a new process
  std::int64_t incarnations = 1;  // functions that were this rank, one after another

  // The same on every rank; only rank 0 tells the curve.
  Ending ending = Ending::kEpochs;
  std::int64_t rounds = 0;
  double epochs = 0;
  std::vector<CurvePoint> curve;
  std::vector<ChosenPattern> pattern_choices;  // of rank 0
  Metrics train;
  std::optional<Metrics> test;
  std::string model_key;  // where the model is in the channel
};

// How one worker failed.
struct Failure {
  std::int64_t rank = 0;         // -1: the trigger
  std::int64_t incarnation = 1;  // of the rank
  std::string error;
  std::vector<std::string> last_calls;  // its last collective calls, one line each, the oldest first
  std::vector<std::string> log_tail{};  // what it logged last, likewise
};

struct JobReport {
  std::string status = "done";  // "done", "stopped" or "failed"
  std::string error;            // why it failed, or which limit stopped it
  std::string name;
  std::string attempt;
  std::string version;
  bool resumable = false;   // `lambdaml resume` can go on from its last checkpoint
  double wall_seconds = 0;  // as the user waited, from the command to the model
  JobSpec spec;
  std::vector<WorkerReport> workers;
  std::vector<Failure> failures;  // the first one first
};

// Of all workers together. What looking too early costs.
double MissesPerRound(const JobReport& report);

std::string ToJson(const Failure& failure);
Result<Failure> ParseFailure(std::string_view json);

std::string ToJson(const WorkerReport& report);
Result<WorkerReport> ParseWorkerReport(std::string_view json);

// Also holds, at the top, what all ranks agree on: rounds, epochs, train, test, curve, ending. URLs are printed without
// their secrets.
std::string ToJson(const JobReport& report);
Result<JobReport> ParseJobReport(std::string_view json);

}  // namespace lambdaml
