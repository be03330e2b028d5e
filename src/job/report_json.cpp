// SPDX-License-Identifier: Apache-2.0
#include "job/report_json.h"

namespace lambdaml::json {

namespace {

void Put(Value& value, const char* name, const std::optional<double>& number) {
  if (number) value[name] = *number;
}

Result<std::optional<double>> Optional(const Reader& reader, std::string_view name) {
  if (!reader.Has(name)) return std::optional<double>();
  return std::optional<double>(TRY(reader.Number(name)));
}

}  // namespace

Value FromMetrics(const Metrics& metrics) {
  Value value;
  value["loss"] = metrics.loss;
  Put(value, "accuracy", metrics.accuracy);
  Put(value, "auc", metrics.auc);
  Put(value, "rmse", metrics.rmse);
  value["rows"] = metrics.rows;
  return value;
}

Value FromPoint(const CurvePoint& point) {
  Value value;
  value["round"] = point.round;
  value["epoch"] = point.epoch;
  value["seconds"] = point.seconds;
  value["loss"] = point.loss;
  Put(value, "accuracy", point.accuracy);
  Put(value, "rmse", point.rmse);
  if (!point.measures.empty()) value["measures"] = point.measures;
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
  value["incarnation"] = failure.incarnation;
  value["error"] = failure.error;
  value["last_calls"] = failure.last_calls;
  value["log_tail"] = failure.log_tail;
  return value;
}

Result<Metrics> ToMetrics(const Reader& reader) {
  Metrics metrics;
  metrics.loss = TRY(reader.Number("loss"));
  metrics.accuracy = TRY(Optional(reader, "accuracy"));
  metrics.auc = TRY(Optional(reader, "auc"));
  metrics.rmse = TRY(Optional(reader, "rmse"));
  metrics.rows = TRY(reader.Integer("rows"));
  return metrics;
}

Result<CurvePoint> ToPoint(const Reader& reader) {
  CurvePoint point;
  point.round = TRY(reader.Integer("round"));
  point.epoch = TRY(reader.Number("epoch"));
  point.seconds = TRY(reader.Number("seconds"));
  point.loss = TRY(reader.Number("loss"));
  point.accuracy = TRY(Optional(reader, "accuracy"));
  point.rmse = TRY(Optional(reader, "rmse"));
  if (reader.Has("measures")) point.measures = TRY(TRY(reader.Object("measures")).Numbers());
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
  failure.incarnation = TRY(reader.Integer("incarnation"));
  failure.error = TRY(reader.Text("error"));
  failure.last_calls = TRY(reader.Texts("last_calls"));
  failure.log_tail = TRY(reader.Texts("log_tail"));
  return failure;
}

}  // namespace lambdaml::json
