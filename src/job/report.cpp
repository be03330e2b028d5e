// SPDX-License-Identifier: Apache-2.0
#include "job/report.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "job/report_json.h"

namespace lambdaml {

namespace {

constexpr std::array<std::string_view, 10> kEndings{"epochs",    "rounds",  "target_loss", "no_improvement", "stopped",
                                                    "converged", "seconds", "dollars",     "diverged"};

Result<Ending> ParseEnding(std::string_view name) {
  for (std::size_t i = 0; i < kEndings.size(); ++i) {
    if (kEndings[i] == name) return static_cast<Ending>(i);
  }
  return Error{Code::kInvalid, StrCat("report: unknown ending '", name, "'")};
}

// What every rank agrees on.
void AddShared(json::Value& value, const WorkerReport& report) {
  value["ending"] = Name(report.ending);
  value["rounds"] = report.rounds;
  value["epochs"] = report.epochs;
  value["train"] = json::FromMetrics(report.train);
  if (report.test) value["test"] = json::FromMetrics(*report.test);
  value["curve"] = json::Value::array();
  for (const CurvePoint& point : report.curve) value["curve"].push_back(json::FromPoint(point));
  value["pattern_choices"] = json::Value::array();
  for (const ChosenPattern& choice : report.pattern_choices) {
    value["pattern_choices"].push_back(json::FromChoice(choice));
  }
}

void AddOwn(json::Value& value, const WorkerReport& report) {
  value["rank"] = report.rank;
  value["rows"] = report.rows;
  value["seconds"] = json::FromPhases(report.seconds);
  value["requests"] = report.requests;
  value["misses"] = report.misses;
  value["bytes_sent"] = report.bytes_sent;
  value["bytes_received"] = report.bytes_received;
  value["channel_dollars"] = report.channel_dollars;
  value["memory_peak_bytes"] = report.memory_peak_bytes;
  value["cold_start"] = report.cold_start;
  value["incarnations"] = report.incarnations;
  value["model_key"] = report.model_key;
}

Result<void> ReadShared(const json::Reader& reader, WorkerReport& report) {
  report.ending = TRY(ParseEnding(TRY(reader.Text("ending"))));
  report.rounds = TRY(reader.Integer("rounds"));
  report.epochs = TRY(reader.Number("epochs"));
  report.train = TRY(json::ToMetrics(TRY(reader.Object("train"))));
  if (reader.Has("test")) report.test = TRY(json::ToMetrics(TRY(reader.Object("test"))));
  for (const json::Reader& point : TRY(reader.Array("curve"))) report.curve.push_back(TRY(json::ToPoint(point)));
  for (const json::Reader& choice : TRY(reader.Array("pattern_choices"))) {
    report.pattern_choices.push_back(TRY(json::ToChoice(choice)));
  }
  return {};
}

Result<void> ReadOwn(const json::Reader& reader, WorkerReport& report) {
  report.rank = TRY(reader.Integer("rank"));
  report.rows = TRY(reader.Integer("rows"));
  report.seconds = TRY(json::ToPhases(TRY(reader.Object("seconds"))));
  report.requests = TRY(reader.Integer("requests"));
  report.misses = TRY(reader.Integer("misses"));
  report.bytes_sent = TRY(reader.Integer("bytes_sent"));
  report.bytes_received = TRY(reader.Integer("bytes_received"));
  report.channel_dollars = TRY(reader.Number("channel_dollars"));
  report.memory_peak_bytes = TRY(reader.Integer("memory_peak_bytes"));
  report.cold_start = TRY(reader.Integer("cold_start"));
  report.incarnations = TRY(reader.Integer("incarnations"));
  report.model_key = TRY(reader.Text("model_key"));
  return {};
}

}  // namespace

double MissesPerRound(const JobReport& report) {
  double misses = 0;
  for (const WorkerReport& worker : report.workers) misses += static_cast<double>(worker.misses);
  return report.workers.empty() ? 0 : misses / std::max(1.0, static_cast<double>(report.workers.front().rounds));
}

std::string_view Name(Ending ending) { return kEndings[static_cast<std::size_t>(ending)]; }

std::string ToJson(const WorkerReport& report) {
  json::Value value;
  AddOwn(value, report);
  AddShared(value, report);
  return json::Write(value);
}

Result<WorkerReport> ParseWorkerReport(std::string_view text) {
  const json::Reader reader = TRY(json::Reader::Parse(text, "worker report"));
  WorkerReport report;
  TRY(ReadOwn(reader, report));
  TRY(ReadShared(reader, report));
  return report;
}

std::string ToJson(const Failure& failure) { return json::Write(json::FromFailure(failure)); }

Result<Failure> ParseFailure(std::string_view text) {
  return json::ToFailure(TRY(json::Reader::Parse(text, "failure")));
}

std::string ToJson(const JobReport& report) {
  json::Value value;
  value["status"] = report.status;
  if (!report.error.empty()) value["error"] = report.error;
  value["name"] = report.name;
  value["attempt"] = report.attempt;
  value["version"] = report.version;
  value["seed"] = report.spec.seed;
  if (report.resumable) value["resumable"] = true;
  value["wall_seconds"] = report.wall_seconds;
  if (!report.workers.empty()) {
    AddShared(value, report.workers.front());
    value["misses_per_round"] = MissesPerRound(report);
  }
  value["workers"] = json::Value::array();
  for (const WorkerReport& worker : report.workers) {
    json::Value own;
    AddOwn(own, worker);
    value["workers"].push_back(std::move(own));
  }
  for (const Failure& failure : report.failures) value["failures"].push_back(json::FromFailure(failure));
  value["spec"] = json::FromSpec(Printable(report.spec));
  return json::WritePretty(value);
}

Result<JobReport> ParseJobReport(std::string_view text) {
  const json::Reader reader = TRY(json::Reader::Parse(text, "report"));
  JobReport report;
  report.status = TRY(reader.Text("status"));
  if (reader.Has("error")) report.error = TRY(reader.Text("error"));
  report.name = TRY(reader.Text("name"));
  report.attempt = TRY(reader.Text("attempt"));
  report.version = TRY(reader.Text("version"));
  report.resumable = reader.Has("resumable");
  report.wall_seconds = TRY(reader.Number("wall_seconds"));
  report.spec = TRY(ParseJobSpec(TRY(reader.Nested("spec")), "report"));
  for (const json::Reader& own : TRY(reader.Array("workers"))) {
    WorkerReport worker;
    TRY(ReadOwn(own, worker));
    TRY(ReadShared(reader, worker));
    report.workers.push_back(std::move(worker));
  }
  if (reader.Has("failures")) {
    for (const json::Reader& failure : TRY(reader.Array("failures"))) {
      report.failures.push_back(TRY(json::ToFailure(failure)));
    }
  }
  return report;
}

}  // namespace lambdaml
