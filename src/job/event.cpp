// SPDX-License-Identifier: Apache-2.0
#include "job/event.h"

#include "job/json.h"
#include "job/report_json.h"

namespace lambdaml {

std::string ToJson(const Event& event) {
  json::Value value;
  value["event"] = event.kind;
  value["time"] = event.unix_ms;
  value["rank"] = event.rank;
  if (!event.message.empty()) value["message"] = event.message;
  if (event.point) value["point"] = json::FromPoint(*event.point);
  if (event.seconds) value["seconds"] = json::FromPhases(*event.seconds);
  if (event.bytes_sent != 0) value["bytes_sent"] = event.bytes_sent;
  if (event.bytes_received != 0) value["bytes_received"] = event.bytes_received;
  if (event.epochs_total != 0) value["epochs_total"] = event.epochs_total;
  return json::Write(value);
}

Result<Event> ParseEvent(std::string_view line) {
  if (!line.starts_with("{\"event\":")) return Error{Code::kInvalid, "not an event"};
  const json::Reader reader = TRY(json::Reader::Parse(line, "event"));
  Event event;
  event.kind = TRY(reader.Text("event"));
  event.unix_ms = TRY(reader.Integer("time"));
  event.rank = TRY(reader.Integer("rank"));
  if (reader.Has("message")) event.message = TRY(reader.Text("message"));
  if (reader.Has("point")) event.point = TRY(json::ToPoint(TRY(reader.Object("point"))));
  if (reader.Has("seconds")) event.seconds = TRY(json::ToPhases(TRY(reader.Object("seconds"))));
  if (reader.Has("bytes_sent")) event.bytes_sent = TRY(reader.Integer("bytes_sent"));
  if (reader.Has("bytes_received")) event.bytes_received = TRY(reader.Integer("bytes_received"));
  if (reader.Has("epochs_total")) event.epochs_total = TRY(reader.Number("epochs_total"));
  return event;
}

}  // namespace lambdaml
