// SPDX-License-Identifier: Apache-2.0
#include "job/report_json.h"

namespace lambdaml::json {

Value FromMetrics(const Metrics& metrics) {
  Value value;
  value["loss"] = metrics.loss;
  value["accuracy"] = metrics.accuracy;
  value["rows"] = metrics.rows;
  return value;
}

Value FromPoint(const CurvePoint& point) {
  Value value;
  value["round"] = point.round;
  value["epoch"] = point.epoch;
  value["seconds"] = point.seconds;
  value["loss"] = point.loss;
  value["accuracy"] = point.accuracy;
  if (point.test) value["test"] = FromMetrics(*point.test);
  return value;
}

Value FromPhases(const PhaseSeconds& seconds) {
  Value value;
  value["start"] = seconds.start;
  value["load"] = seconds.load;
  value["compute"] = seconds.compute;
  value["communicate"] = seconds.communicate;
  value["wait"] = seconds.wait;
  return value;
}

Value FromChoice(const ChosenPattern& choice) {
  Value value;
  value["round"] = choice.round;
  value["elements"] = choice.elements;
  value["pattern"] = choice.pattern;
  value["reason"] = choice.reason;
  return value;
}

Value FromFailure(const Failure& failure) {
  Value value;
  value["rank"] = failure.rank;
  value["error"] = failure.error;
  value["last_calls"] = failure.last_calls;
  return value;
}

Result<Metrics> ToMetrics(const Reader& reader) {
  Metrics metrics;
  metrics.loss = TRY(reader.Number("loss"));
  metrics.accuracy = TRY(reader.Number("accuracy"));
  metrics.rows = TRY(reader.Integer("rows"));
  return metrics;
}

Result<CurvePoint> ToPoint(const Reader& reader) {
  CurvePoint point;
  point.round = TRY(reader.Integer("round"));
  point.epoch = TRY(reader.Number("epoch"));
  point.seconds = TRY(reader.Number("seconds"));
  point.loss = TRY(reader.Number("loss"));
  point.accuracy = TRY(reader.Number("accuracy"));
  if (reader.Has("test")) point.test = TRY(ToMetrics(TRY(reader.Object("test"))));
  return point;
}

Result<PhaseSeconds> ToPhases(const Reader& reader) {
  PhaseSeconds seconds;
  seconds.start = TRY(reader.Number("start"));
  seconds.load = TRY(reader.Number("load"));
  seconds.compute = TRY(reader.Number("compute"));
  seconds.communicate = TRY(reader.Number("communicate"));
  seconds.wait = TRY(reader.Number("wait"));
  return seconds;
}

Result<ChosenPattern> ToChoice(const Reader& reader) {
  ChosenPattern choice;
  choice.round = TRY(reader.Integer("round"));
  choice.elements = TRY(reader.Integer("elements"));
  choice.pattern = TRY(reader.Text("pattern"));
  choice.reason = TRY(reader.Text("reason"));
  return choice;
}

Result<Failure> ToFailure(const Reader& reader) {
  Failure failure;
  failure.rank = TRY(reader.Integer("rank"));
  failure.error = TRY(reader.Text("error"));
  failure.last_calls = TRY(reader.Texts("last_calls"));
  return failure;
}

}  // namespace lambdaml::json
